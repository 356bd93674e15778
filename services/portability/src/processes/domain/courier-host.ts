/** Whom the queue of jobs knows as a host, though it is none: the courier of this context (courier/). */
export const COURIER = 'courier';
