import { expectOpened, expectTenure, requireReturn } from '@freehold/portability-contract';
import { ask } from '../../departure/domain/departure.fixture.js';
import { SourceCell } from './source-cell.fixture.js';

/** The source alone, its agent and reconciler prompt, with a target that does at once what the process waits for. */
export class DepartWorld extends SourceCell {
  /** @param target `fails`: it cannot open, and gives the tenure back when it is missed */
  constructor(private readonly target: 'opens' | 'fails') {
    super();
    this.departure.execute(ask.askSeal);
  }

  protected override beforehand(operation: string | null): void {
    if (operation === requireReturn.id && this.target === 'fails') this.departure.execute(ask.return);
  }

  protected override afterwards(operation: string | null): void {
    this.reconcile();
    this.observe();
    if (operation === expectTenure.id && this.known.status === 'sealed') this.departure.execute(ask.askTenure);
    if (operation === expectOpened.id && this.target === 'opens') this.departure.execute(ask.recordOpened);
  }
}
