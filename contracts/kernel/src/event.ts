import type { z } from 'zod';

/** An event as a context's code sees it: discriminated by `type`, the current version only. */
export interface DomainEvent {
  type: string;
  data: object;
}

export interface EventContract<Type extends string, Data extends z.ZodType> {
  type: Type;
  data: Data;
}

/** Declares one version of one event; the doc comment above the constant says when it happens and what it promises. */
export function event<Type extends string, Data extends z.ZodType>(type: Type, data: Data): EventContract<Type, Data> {
  return { type, data };
}

type AnyEventContract = EventContract<string, z.ZodType>;

/** The union of the events of a list of contracts. */
export type EventsOf<Contracts extends readonly AnyEventContract[]> = {
  [Index in keyof Contracts]: Contracts[Index] extends EventContract<infer Type, infer Data>
    ? { type: Type; data: z.infer<Data> }
    : never;
}[number];
