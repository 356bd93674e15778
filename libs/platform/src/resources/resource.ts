import type { Position } from '@freehold/kernel';
import type { ResourceProjection, View, ViewRow, ViewState } from '@freehold/projection';
import type { Vault } from '@freehold/vault';

/**
 * A resource as its queries need it: one aggregate a row.
 *
 * `recorded` makes the representation of a row whose enciphered values are opened already (or `erased`); what it adds from
 * elsewhere is true now only, so a past moment (`isNow` false) is told without it;
 * `observed` adds what was just seen, and is never asked for a past moment.
 */
export interface Resource<Row extends ViewRow, Recorded, Observed> {
  view: View<Row>;
  projection: ResourceProjection<Row>;
  recorded(row: Row, operator: string, isNow: boolean): Recorded | Promise<Recorded>;
  observed?(row: Row, operator: string): Promise<Observed | null>;
}

export interface Represented<Recorded, Observed> {
  recorded: Recorded;
  observed: Observed | null;
  etag: number;
  position: Position;
}

/** What is recorded in a row, opened. */
export async function recordedIn<Row extends ViewRow, Recorded, Observed>(
  vault: Vault,
  resource: Resource<Row, Recorded, Observed>,
  { state: { row, operator }, isNow }: { state: ViewState<Row>; isNow: boolean },
): Promise<Recorded> {
  const opened = await vault.openAll(row, operator);
  // Opening replaces enciphered values by their own type or the word `erased`; representations show both alike.
  return resource.recorded(opened as Row, operator, isNow);
}
