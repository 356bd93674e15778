import { type PackageStore, release } from '@freehold/application-package';
import { applications, publishRelease, withdrawRelease } from '@freehold/catalog-contract';
import type { Changed, Finding } from '@freehold/kernel';
import type { AggregateStore } from '@freehold/log';
import {
  AGGREGATES,
  answer,
  commandOptions,
  Operation,
  type OperationRequest,
  refusedWith,
  ResourceQueries,
} from '@freehold/platform';
import { Controller, Inject } from '@nestjs/common';
import { applicationAggregate, applicationName } from '../aggregates.js';
import { PACKAGES } from '../packages.js';
import type { ApplicationCommand } from './domain/application.js';
import { applicationResource } from './views/application.view.js';

/** Applications and their releases. */
@Controller()
export class ApplicationOperations {
  constructor(
    @Inject(AGGREGATES) private readonly aggregates: AggregateStore,
    @Inject(PACKAGES) private readonly packages: PackageStore,
    @Inject(ResourceQueries) private readonly resources: ResourceQueries,
  ) {}

  @Operation(publishRelease)
  async publish(request: OperationRequest<typeof publishRelease>) {
    const { application, version } = request.params;
    const { digest } = request.body;
    const found = await this.packages.get(digest);
    const published = found === null ? undefined : release(found, version);
    if (found === null || published === undefined || published.application !== application) {
      return refusedWith([packageMissing(application, version)]);
    }
    const { title } = found.description;
    return this.#change(request, { type: 'publish', application, title, version, date: published.date, digest });
  }

  @Operation(withdrawRelease)
  async withdraw(request: OperationRequest<typeof withdrawRelease>) {
    const { version } = request.params;
    return this.#change(request, { type: 'withdraw', version, reason: request.body.reason });
  }

  @Operation(applications.get)
  async show(request: OperationRequest<typeof applications.get>) {
    const name = applicationName(request.params.application);
    return this.resources.get(applicationResource(this.packages), name, request);
  }

  @Operation(applications.list)
  async list(request: OperationRequest<typeof applications.list>) {
    return this.resources.list(applicationResource(this.packages), { operator: null, ...request.body }, request);
  }

  @Operation(applications.history)
  async history(request: OperationRequest<typeof applications.history>) {
    return this.resources.history(applicationName(request.params.application), request.body);
  }

  @Operation(applications.changes)
  async changes(request: OperationRequest<typeof applications.changes>) {
    const name = applicationName(request.params.application);
    return this.resources.changes(applicationResource(this.packages), name, request.body);
  }

  async #change(
    request: OperationRequest<typeof publishRelease> | OperationRequest<typeof withdrawRelease>,
    command: ApplicationCommand,
  ) {
    const name = applicationName(request.params.application);
    const result = await this.aggregates.execute({
      definition: applicationAggregate,
      name,
      command,
      ...commandOptions(request),
    });
    return answer(result, ({ position, version }): Changed => ({ id: name.id, position, version }));
  }
}

const packageMissing = (application: string, version: string): Finding => ({
  pointer: '/digest',
  code: 'package-missing',
  detail: `The package store has no package of this digest with release ${version} of ${application}.`,
  hint: 'Put the package’s archive into the store first; "freehold up" does it for those that are shipped.',
});
