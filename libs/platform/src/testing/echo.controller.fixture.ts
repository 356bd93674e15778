import { OutcomeUnknown } from '@freehold/log';
import { Controller, Module } from '@nestjs/common';
import { Operation } from '../operations/operation.decorator.js';
import type { OperationRequest } from '../operations/operation-request.js';
import { checked, done, refusedWith } from '../operations/outcome.js';
import { COMMAND_DIGEST } from '../service/service.module.js';
import { beginEcho, cellEcho, changeEcho, hostEcho, showEcho } from './echo.fixture.js';

class ViewsUnavailable extends Error {
  override readonly name = 'ViewsUnavailable';
}

export const FINDING = { pointer: '/ending', code: 'ending-refused', detail: 'Not this one.', hint: 'Take another.' };

@Controller()
export class EchoController {
  /** What a test may wait for: how often a command was run. */
  static runs = 0;

  @Operation(changeEcho)
  async change(request: OperationRequest<typeof changeEcho>) {
    const { ending } = request.body;
    if (request.check) return checked(ending === 'refused' ? [FINDING] : []);
    EchoController.runs += 1;
    switch (ending) {
      case 'refused':
        return refusedWith([FINDING]);
      case 'bug':
        throw new TypeError('secret-of-the-house is undefined');
      case 'outcome-unknown':
        throw new OutcomeUnknown('log.x', request.commandId);
      case 'views-away':
        throw new ViewsUnavailable('no connection to secret-of-the-house');
      case 'never':
        return new Promise<never>(() => undefined);
      case 'done':
      case 'leaky':
      case 'long': {
        const leak = ending === 'leaky' ? { secret: 'secret-of-the-house' } : {};
        const { commandId, digest, ifMatch } = request;
        return done({ id: request.newId('echo'), commandId, digest, ifMatch, ...leak }, { position: '1:7', etag: 3 });
      }
    }
  }

  @Operation(showEcho)
  async show({ body, principal }: OperationRequest<typeof showEcho>) {
    const { times, wait } = body;
    return done({ times, wait, actor: principal.actor.id, operator: principal.operator }, { position: '1:7', etag: 3 });
  }

  @Operation(beginEcho)
  async begin(request: OperationRequest<typeof beginEcho>) {
    const process = request.newId('process');
    return done({ process }, { location: `/v1/operators/${request.params.operator}/processes/${process}` });
  }

  @Operation(cellEcho)
  async cell({ principal }: OperationRequest<typeof cellEcho>) {
    return done({ role: principal.role });
  }

  @Operation(hostEcho)
  async host({ params }: OperationRequest<typeof hostEcho>) {
    return done({ host: params.host });
  }
}

@Module({
  controllers: [EchoController],
  providers: [{ provide: COMMAND_DIGEST, useValue: async (text: string) => `digest of ${text}` }],
})
export class EchoModule {}
