import { describe, expect, it } from '@jest/globals';
import type { Routes } from '../router/router.js';
import { RouteTable } from './route-table.js';

describe('the names of all environments', () => {
  const name = 'chat.freehold.test';
  const forward = { name, address: '127.0.0.3', port: 8008 };
  const running = { name, port: 20_001 };

  it.each([
    ['before', ['old', 'new']],
    ['after', ['new', 'old']],
  ])('lead to what runs here, published %s what still forwards them', (_, order) => {
    let routes: Routes = new Map();
    const table = new RouteTable({ setRoutes: (set) => (routes = set) });
    for (const environment of order) table.publish(environment, [environment === 'old' ? forward : running]);
    expect(routes.get(name)).toEqual({ port: running.port });
    table.withdraw('new');
    expect(routes.get(name)).toMatchObject({ address: forward.address });
  });
});
