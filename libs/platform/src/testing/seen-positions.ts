import { comparePositions, type Operation, Position } from '@freehold/kernel';
import { z } from 'zod';

/**
 * Read your writes, for tests: what was answered last is what the next question waits for. Every change answers its
 * position, and a process that is followed that of its last commit, so a read model that has seen it has seen all that
 * came before. Without this a question right after a change is answered from yesterday on a busy machine.
 */
export class SeenPositions {
  #newest: Position = '1:0';

  saw(position: string | null | undefined): void {
    const seen = Position.safeParse(position).data;
    if (seen !== undefined && comparePositions(seen, this.#newest) > 0) this.#newest = seen;
  }

  /** What to ask with: a question about a resource or a list that names no moment itself is asked `after` what was seen. */
  asking<Body>(row: Operation, body: Body): Body {
    return takesMoment(row) && namesNoMoment(body) ? { ...body, after: this.#newest } : body;
  }
}

const takesMoment = ({ kind, body }: Operation): boolean =>
  kind === 'query' && body instanceof z.ZodObject && 'after' in body.shape && 'at' in body.shape;

const namesNoMoment = (body: unknown): boolean =>
  !z
    .object({ after: z.string() })
    .or(z.object({ at: z.string() }))
    .safeParse(body).success;
