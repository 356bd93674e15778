import { cellLog, LogEntry, operatorLog, positionAt } from '@freehold/audit-contract';
import type { Position, StoredCommit } from '@freehold/kernel';
import { type Log, parseSubject } from '@freehold/log';
import { done, historyEntry, LOG, Operation, type OperationRequest, VAULT, Views } from '@freehold/platform';
import { type CommitIndexQueries, commitIndexQueries, type IndexedCommit } from '@freehold/projection';
import type { Vault } from '@freehold/vault';
import { Controller, Inject } from '@nestjs/common';
import type { z } from 'zod';

interface Page {
  before?: Position | undefined;
  limit: number;
}

/** The log as a whole: which position an instant is, and what happened, found by the index and read from the log. */
@Controller()
export class LogOperations {
  private readonly index: CommitIndexQueries;

  constructor(
    @Inject(LOG) private readonly log: Log,
    @Inject(VAULT) private readonly vault: Vault,
    @Inject(Views) views: Views,
  ) {
    this.index = commitIndexQueries({ runner: views.runner, log });
  }

  @Operation(positionAt)
  async positionAt(request: OperationRequest<typeof positionAt>) {
    return done({ position: await this.index.positionAt(request.body.at) });
  }

  @Operation(operatorLog)
  async ofOperator(request: OperationRequest<typeof operatorLog>) {
    const { operator } = request.params;
    return this.#page(request.body, (page) => this.index.byOperator(operator, page));
  }

  @Operation(cellLog)
  async ofCell(request: OperationRequest<typeof cellLog>) {
    return this.#page(request.body, (page) => this.index.all(page));
  }

  async #page({ before, limit }: Page, find: (page: { before?: Position; limit: number }) => Promise<IndexedCommit[]>) {
    const found = await find(before === undefined ? { limit } : { before, limit });
    const commits = await Promise.all(found.map(({ id }) => this.log.read(positionOfRow(id))));
    const items = await Promise.all(commits.filter((stored) => stored !== null).map((stored) => this.#entry(stored)));
    const last = found.at(-1);
    return done({ items, next: last !== undefined && found.length === limit ? positionOfRow(last.id) : null });
  }

  async #entry(stored: StoredCommit): Promise<z.infer<typeof LogEntry>> {
    const { context, operator, aggregate, id } = parseSubject(stored.subject);
    return { ...(await historyEntry(this.vault, stored)), context, operator, aggregate, id };
  }
}

/** A row of the index has the position as its id. */
const positionOfRow = (id: string): Position => LogEntry.shape.position.parse(id);
