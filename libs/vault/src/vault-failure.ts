/** What every failure of the vault carries: `hint` says what to do. Messages never contain a secret or a personal datum. */
export class VaultFailure extends Error {
  constructor(
    message: string,
    readonly hint: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** The vault holds records, but the file of its master key is not there. */
export class MasterKeyMissing extends VaultFailure {
  constructor(readonly file: string) {
    super(
      `the master key of this vault is missing: ${file}`,
      'Put the file back from where it was kept. A new key cannot read this vault, so none is made.',
    );
  }
}

/** There is a master key, but this vault was made with another one, or its check record is gone. */
export class MasterKeyMismatch extends VaultFailure {
  constructor(
    readonly file: string,
    cause: unknown,
  ) {
    super(
      `the master key in ${file} does not open this vault`,
      'Use the key file that belongs to this vault, or the vault that belongs to this key file.',
      { cause },
    );
  }
}

/** A file with a private key is unreadable, open to others, or not in age's form. */
export class IdentityFileUnusable extends VaultFailure {
  constructor(
    readonly file: string,
    what: string,
    hint: string,
    cause?: unknown,
  ) {
    super(`the key file ${file} ${what}`, hint, { cause });
  }
}

/** The key was erased and never comes back; nothing new is enciphered for this owner. */
export class KeyErased extends VaultFailure {
  constructor(readonly keyId: string) {
    super(`the key ${keyId} was erased`, 'Its owner is gone for good; register a new one.');
  }
}

/** There never was such a key. */
export class KeyUnknown extends VaultFailure {
  constructor(readonly keyId: string) {
    super(`the vault has no key ${keyId}`, 'Call ensureKey with the owner before anything is enciphered.');
  }
}

/** An enciphered value stands where it does not belong: another operator, another field. */
export class ValueOutOfPlace extends VaultFailure {
  constructor(
    readonly found: string,
    readonly expected: string,
  ) {
    super(
      `an enciphered value of ${found} stands where one of ${expected} belongs`,
      'It was copied there. Find the commit or row that brought it, and correct that.',
    );
  }
}

/** A record or value does not open with its own key: altered, or moved from elsewhere. */
export class ValueAltered extends VaultFailure {
  constructor(
    readonly place: string,
    cause: unknown,
  ) {
    super(`what is stored at ${place} was altered or does not belong there`, 'Restore it from a backup.', { cause });
  }
}

export class SecretTooLarge extends VaultFailure {
  constructor(
    readonly sizeBytes: number,
    readonly limitBytes: number,
  ) {
    super(`a secret of ${sizeBytes} bytes is over the limit of ${limitBytes}`, 'Keep large files in a volume.');
  }
}

/** The bucket exists with a configuration under which the vault's promises do not hold. */
export class VaultBucketMismatch extends VaultFailure {
  constructor(
    readonly field: string,
    readonly found: unknown,
    readonly wanted: unknown,
  ) {
    super(
      `the vault's bucket has ${field} ${JSON.stringify(found)} instead of ${JSON.stringify(wanted)}`,
      'Correct it with the administrator’s credential; some fields need a new bucket and a restore.',
    );
  }
}
