import { logOrigin, readNoteKeys, toldKeys, type ToldKeys, witnessName } from '@freehold/evidence';
import { LiveFile } from '@freehold/platform';
import type { ProviderDescription } from '@freehold/portability-contract';
import type { PortabilityConfig } from '../portability.config.js';

/** What a description tells at a moment of the keys with which checkpoints are signed and cosigned: public parts, in files. */
export type EvidenceKeys = (
  nowMs: number,
) => Pick<ProviderDescription, 'logKey' | 'logKeyChanges' | 'witnessKey' | 'witnessKeyChanges'>;

type Files = Pick<PortabilityConfig, 'publicUrl' | 'logPublicKeyFile' | 'witnessPublicKeyFile'>;

/** @throws when a file cannot be read now; later it is looked into again */
export function evidenceKeys({ publicUrl, logPublicKeyFile, witnessPublicKeyFile }: Files): EvidenceKeys {
  const log = new LiveFile(logPublicKeyFile, (text) => readNoteKeys(logPublicKeyFile, text));
  const witness = new LiveFile(witnessPublicKeyFile, (text) => readNoteKeys(witnessPublicKeyFile, text));
  return (nowMs) => {
    const { key: logKey, ...logKeyChanges } = toldKeys(
      log.content,
      { name: logOrigin(publicUrl), type: 'ed25519' },
      nowMs,
    );
    const { key: witnessKey, ...witnessKeyChanges } = toldKeys(
      witness.content,
      { name: witnessName(publicUrl), type: 'cosignature' },
      nowMs,
    );
    return {
      ...{ logKey, witnessKey },
      ...(wereAny(logKeyChanges) ? { logKeyChanges } : {}),
      ...(wereAny(witnessKeyChanges) ? { witnessKeyChanges } : {}),
    };
  };
}

const wereAny = ({ also, former }: Omit<ToldKeys, 'key'>): boolean => also.length + former.length > 0;
