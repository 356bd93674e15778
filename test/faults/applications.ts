import type { Installation } from '../kit/installation.js';
import { routerFetch } from '../kit/router-agent.js';

/** What a campaign needs to know of an application. */
export interface Application {
  readonly settings: Readonly<Record<string, string>>;
  /** Answered with this status by name, through the router, by the application alone. */
  readonly probe: { readonly path: string; readonly status: number };
  /** Found in the command of its one unit's process. */
  readonly unit: string;
}

export const APPLICATIONS: Readonly<Record<string, Application>> = {
  radicale: { settings: {}, probe: { path: '/.well-known/caldav', status: 301 }, unit: '-m radicale' },
  synapse: {
    settings: { contact: 'mailto:contact@club.example' },
    probe: { path: '/_matrix/client/versions', status: 200 },
    unit: 'synapse.app.homeserver',
  },
};

/** Whether the application itself answers by its name. */
export async function answersByName(installation: Installation, name: string, { probe }: Application) {
  const { router } = installation;
  const url = `http://${name}:${router.port}${probe.path}`;
  const signal = AbortSignal.timeout(5_000);
  const answer = await routerFetch(router)(url, { redirect: 'manual', signal }).catch(() => undefined);
  return answer?.status === probe.status;
}
