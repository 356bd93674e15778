import { platformFields } from '@freehold/platform';
import { HostName } from '@freehold/provisioning-contract';
import { z } from 'zod';
import { installerEnvironment } from './backend/process/process-backend.options.js';

const PortRange = z
  .string()
  .regex(/^\d+-\d+$/, 'first-last')
  .transform((text) => {
    const [first = 0, last = 0] = text.split('-').map(Number);
    return { first, last };
  });

/** The agent's variables beside those of every service. */
export const agentConfig = z.object({
  ...platformFields,
  agentHost: HostName.default('this-host').describe('name of this host; its principals are signed as agent.<host>'),
  agentFolder: z
    .string()
    .describe('folder (mode 0700) of the host’s key, the journal and what is known of environments'),
  agentDataFolder: z
    .string()
    .describe('folder of environments, releases and packages; as root every part of the path is searchable by others'),
  agentClaimsFolder: z
    .string()
    .optional()
    .describe('folder of ports and user ids taken on this machine, to be shared between installations'),
  agentIsolation: z
    .enum(['auto', 'none'])
    .default('auto')
    .describe('auto: a user and limits for each environment where we are root'),
  agentUnitPorts: PortRange.default({ first: 20_000, last: 24_999 }).describe('loopback ports for units, first-last'),
  routerAddress: z
    .string()
    .optional()
    .describe('loopback address of the router; default: a free one from 127.0.0.2 on, chosen once and kept'),
  routerPort: z.coerce
    .number()
    .int()
    .min(0)
    .max(65_535)
    .default(8080)
    .describe('port that published names are reached at'),
  publicAddress: z
    .union([z.ipv4(), z.ipv6()])
    .optional()
    .describe(
      'IP address of this host for others, where HTTPS is taken and handed to the router; none: the router’s own',
    ),
  publicPort: z.coerce
    .number()
    .int()
    .min(1)
    .max(65_535)
    .default(443)
    .describe('port there, 443 or 8443 for HTTPS; counts only with a public address'),
  dnsAddress: z.union([z.ipv4(), z.ipv6()]).optional().describe('address of the name server; default: the router’s'),
  dnsPort: z.coerce
    .number()
    .int()
    .min(0)
    .max(65_535)
    .default(0)
    .describe('port of the name server; 0: any free one, chosen once and kept'),
  transferPort: z.coerce
    .number()
    .int()
    .min(0)
    .max(65_535)
    .default(0)
    .describe('port at the router’s address that moves are fetched from; 0: a free one, chosen once and kept'),
  leaveRunning: z.stringbool().default(false).describe('true: applications go on when the agent ends orderly'),
});
export type AgentConfig = z.infer<typeof agentConfig>;

/** What pip needs of the surroundings in which the platform was started. */
export const pipSettings = (): Record<string, string> => installerEnvironment(process.env);
