import { Instant, type Moments, Position } from '@freehold/kernel';
import { CommandFailure } from './command-failure.js';

/** An instant or a position, as a person gives it. @throws CommandFailure for what is neither. */
export function momentMeant(text: string): Moments['from'] {
  const position = Position.safeParse(text);
  if (position.success) return position.data;
  if (Instant.safeParse(text).success) return text;
  const date = new Date(text);
  if (!Number.isNaN(date.getTime())) return date.toISOString();
  throw new CommandFailure(
    `"${text}" is no moment`,
    'Give an instant such as 2026-11-21T12:00:00Z, or a position such as 1:4711.',
  );
}

/** @throws CommandFailure for what is none. */
export function positionMeant(text: string | undefined): Position | undefined {
  const position = Position.optional().safeParse(text);
  if (position.success) return position.data;
  throw new CommandFailure(`"${text}" is not a position`, 'Positions have the form 1:4711.');
}
