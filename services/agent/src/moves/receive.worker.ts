/**
 * A thread that receives files: what it does blocks, and what comes through it would keep the garbage collector of the
 * platform's large heap busy. It imports as little as possible, and nothing of another package, so that Node runs it from
 * source as well: there, the ending that an import has is not the file's.
 */
import { registerHooks } from 'node:module';

if (import.meta.url.endsWith('.ts')) {
  registerHooks({
    resolve: (name, context, next) => next(name.startsWith('.') ? name.replace(/\.js$/, '.ts') : name, context),
  });
}
const { receiveOrders } = await import('./receive-orders.js');
receiveOrders();
