import { classifySettings, type WithSettings } from '@freehold/application-package';
import { placeOf, type Vault } from '@freehold/vault';
import { z } from 'zod';
import { type Json, secretNameOf, type Settings, secretSetting } from '../domain/setting-patch.js';

interface Owner {
  operator: string;
  deployment: string;
}

/** Turns settings into what may be recorded and back: personal ones enciphered, secret ones into the vault. */
export class SettingProtection {
  constructor(private readonly vault: Vault) {}

  /** As they are recorded. The same value of a secret keeps its name in the vault; null stays null. */
  async protect(app: WithSettings, owner: Owner, settings: Settings): Promise<Settings> {
    const { personal, secret } = classifySettings(app);
    const key = personal.length > 0 ? await this.vault.ensureKey(owner.operator) : owner.operator;
    const entries = Object.entries(settings).map(async ([name, value]): Promise<[string, Json]> => {
      if (value === null) return [name, null];
      if (secret.includes(`/${name}`)) return [name, await this.#keep(owner, name, value)];
      if (!personal.includes(`/${name}`)) return [name, value];
      return [name, z.json().parse(await this.vault.encipher(key, placeOf(owner.operator, `setting.${name}`), value))];
    });
    return Object.fromEntries(await Promise.all(entries));
  }

  /** As the operator gave them. */
  async open({ operator, deployment }: Owner, recorded: Settings): Promise<Settings> {
    const opened: Settings = await this.vault.openAll<Settings>(recorded, operator);
    for (const [name, value] of Object.entries(recorded)) {
      const kept = secretNameOf(value);
      if (kept !== undefined) opened[name] = (await this.vault.getSecret(deployment, kept)) ?? '';
    }
    return opened;
  }

  async #keep({ deployment }: Owner, name: string, value: Json): Promise<Json> {
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    const digest = await this.vault.digest('setting', JSON.stringify([deployment, name, text]));
    const kept = `setting-${digest.slice(0, 48)}`;
    await this.vault.putSecret(deployment, kept, text);
    return secretSetting(kept);
  }
}
