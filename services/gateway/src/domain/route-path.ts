/** `/v1/operators/{operator}` in the router's notation: `/v1/operators/:operator`. */
export const routePathOf = (path: string): string => path.replaceAll(/\{([a-z]+)\}/gi, ':$1');
