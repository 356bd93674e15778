import type { Operation, ReplyOf } from '@freehold/kernel';
import type { ApiCall } from '../api/api-client.js';
import type { Session } from './session.js';

interface PageOf<Item> {
  items: Item[];
  next: string | null;
}
type ItemOf<Row extends Operation> = ReplyOf<Row> extends PageOf<infer Item> ? Item : never;

/** All pages of a list. */
export async function listAll<Row extends Operation>(
  session: Session,
  row: Row,
  params: ApiCall<Row>['params'],
  body: object = {},
): Promise<ItemOf<Row>[]> {
  const items: ItemOf<Row>[] = [];
  let cursor: string | null = null;
  do {
    const wanted = { ...body, limit: 200, ...(cursor === null ? {} : { cursor }) } as ApiCall<Row>['body'];
    const page = (await session.ask(row, params, wanted)) as PageOf<ItemOf<Row>>;
    items.push(...page.items);
    cursor = page.next;
  } while (cursor !== null);
  return items;
}
