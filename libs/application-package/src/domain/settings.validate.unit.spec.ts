import { describe, expect, it } from '@jest/globals';
import { sampleSettings } from '../testing/sample-package.js';
import {
  classifySettings,
  mergePatch,
  validateSettings,
  withDefaults,
  type SettingsMode,
} from './settings.validate.js';
import type { Json } from './application-package.js';

const app = { settingsSchema: sampleSettings() };
const found = (settings: Json, mode: SettingsMode): string[] =>
  validateSettings(app, settings, mode).map((finding) => `${finding.code} ${finding.pointer}`);
const order: SettingsMode = { mode: 'order' };

describe('settings of an order', () => {
  it('are accepted when they are good', () => {
    expect(found({ motto: 'hello', limit: 9, contact: 'a@example.org' }, order)).toEqual([]);
  });

  it('are refused with all findings at once', () => {
    const wrong = { limit: 10, access: 'ajar', contact: 'nobody', colour: 'red', token: 5 };
    expect(new Set(found(wrong, order))).toEqual(
      new Set([
        'setting-missing /motto',
        'setting-out-of-range /limit',
        'setting-not-offered /access',
        'setting-form /contact',
        'setting-unknown /colour',
        'setting-type /token',
      ]),
    );
  });

  it('are refused when they are no object', () => {
    expect(found([], order)).toEqual(['setting-type ']);
    expect(found(null, order)).toEqual(['setting-type ']);
  });

  it('never appear in the words of a finding', () => {
    const planted = 'planted-value-4711';
    const findings = validateSettings(app, { contact: planted, token: { planted }, access: planted }, order);
    expect(findings.length).toBeGreaterThan(2);
    expect(JSON.stringify(findings)).not.toContain(planted);
  });

  it('take defaults where nothing is set, and are not changed themselves', () => {
    const given = { motto: 'hello' };
    expect(withDefaults(app, given)).toEqual({ motto: 'hello', access: 'closed', limit: 3, owner: 'admin' });
    expect(given).toEqual({ motto: 'hello' });
  });
});

describe('a change of settings', () => {
  const current = { motto: 'hello', owner: 'ann' };

  it('is judged together with what is set', () => {
    expect(found({ limit: 5 }, { mode: 'change', current })).toEqual([]);
    expect(found({ motto: null }, { mode: 'change', current })).toEqual(['setting-missing /motto']);
    expect(found({ limit: 0 }, { mode: 'change', current })).toEqual(['setting-out-of-range /limit']);
  });

  it('may not touch what is fixed when ordered', () => {
    expect(found({ owner: 'bob' }, { mode: 'change', current })).toEqual(['setting-fixed /owner']);
    expect(found({ owner: 'ann' }, { mode: 'change', current })).toEqual([]);
    expect(found({ owner: 'admin' }, { mode: 'change', current: { motto: 'hello' } })).toEqual([]);
    expect(found({ owner: null }, { mode: 'change', current })).toEqual(['setting-fixed /owner']);
  });

  it('can be judged alone: what is required need not be in it, what is fixed must not', () => {
    expect(found({ limit: 5 }, { mode: 'change' })).toEqual([]);
    expect(found({ limit: 50, owner: 'ann' }, { mode: 'change' })).toEqual([
      'setting-out-of-range /limit',
      'setting-fixed /owner',
    ]);
  });

  it('takes a setting back with null', () => {
    expect(mergePatch({ motto: 'a', limit: 4 }, { limit: null, access: 'open' })).toEqual({
      motto: 'a',
      access: 'open',
    });
  });
});

it('personal and secret settings are told apart', () => {
  expect(classifySettings(app)).toEqual({ personal: ['/contact'], secret: ['/token'] });
});
