import { type Done, done, type Failed, OperationClient, processPrincipal, type Refused } from '@freehold/platform';
import { nameHome } from '@freehold/provisioning-contract';
import { Inject, Injectable } from '@nestjs/common';

interface Held {
  operator: string;
  departure: string;
  deployment: string;
}

/** In whose zones the names of a deployment are. */
@Injectable()
export class NameHomes {
  constructor(@Inject(OperationClient) private readonly client: OperationClient) {}

  /** In the order of `names`; null: in ours. Refused: the deployment has given one up. */
  async of(
    { operator, departure, deployment }: Held,
    names: readonly { id: string }[],
  ): Promise<Done<(string | null)[]> | Failed | Refused> {
    const common = { params: { operator }, principal: processPrincipal(operator, departure) };
    const asked = names.map(({ id: name }) => this.client.call(nameHome, { ...common, body: { deployment, name } }));
    const homes: (string | null)[] = [];
    for (const answered of await Promise.all(asked)) {
      if (answered.kind !== 'done') return answered;
      homes.push(answered.reply.via);
    }
    return done(homes);
  }
}
