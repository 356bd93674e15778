/** Injection token: the store of packages. */
export const PACKAGES = Symbol('the package store');
