import { describe, expect, it } from '@jest/globals';
import { joined } from './joined-findings.js';
import { belowSettings, changedFields, patched, secretSetting, withoutSecrets } from './setting-patch.js';

const finding = (pointer: string, code: string) => ({ pointer, code, detail: '', hint: '' });

describe('a change of settings', () => {
  it('keeps what it does not name, as it was recorded', () => {
    const recorded = { motto: 'hi', token: secretSetting('setting-1'), limit: 3 };
    expect(patched(recorded, { limit: null, motto: 'ho' })).toEqual({
      settings: { motto: 'ho', token: { $secret: 'setting-1' } },
      secretSettings: ['token'],
    });
    expect(patched(recorded, { token: null }).secretSettings).toEqual([]);
  });

  it('leaves out what is as it was', () => {
    expect(changedFields({ motto: 'hi', list: [1] }, { motto: 'hi', list: [1], limit: null, page: true })).toEqual({
      page: true,
    });
    expect(changedFields({ motto: 'hi' }, { motto: null })).toEqual({ motto: null });
  });

  it('shows no secret', () => {
    expect(withoutSecrets({ token: secretSetting('setting-1'), motto: 'hi' })).toEqual({
      token: 'secret',
      motto: 'hi',
    });
  });
});

describe('findings of several judges', () => {
  it('stand below the settings, each once', () => {
    expect(belowSettings([finding('/limit', 'setting-type')])).toEqual([finding('/settings/limit', 'setting-type')]);
    const [one, two] = [finding('', 'subscription-missing'), finding('/name', 'name-taken')];
    expect(joined([one, two, { ...one }])).toEqual([one, two]);
  });
});
