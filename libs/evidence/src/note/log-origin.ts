/**
 * The origin of a provider's log, which is also the name of its key: `<host>[:<port>]/log`, the address below which it is
 * served, without a scheme (c2sp.org/tlog-checkpoint). `provider` is the provider's origin, `https://cloud.example`.
 */
export const logOrigin = (provider: string): string => `${new URL(provider).host}/log`;

/** The name of the key with which a provider cosigns the logs of others. */
export const witnessName = (provider: string): string => `${new URL(provider).host}/witness`;
