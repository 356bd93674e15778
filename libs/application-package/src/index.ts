export {
  packageText,
  type ApplicationPackage,
  type Placed,
  type Json,
  type JsonObject,
  type LoadResult,
  type PackageFile,
} from './domain/application-package.js';
export type { Generate } from './domain/contents.schema.js';
export { AppDescription, packageJsonSchema } from './domain/description.schema.js';
export { RenderError, type Values } from './domain/document.render.js';
export { firstAdmin, hookInput, hookNames, hookSpec, type HookSpec } from './domain/hooks.js';
export type { HookName } from './domain/operation.schema.js';
export {
  portNames,
  render,
  type HealthSpec,
  type HttpProbeSpec,
  type IdentityProbeSpec,
  type Rendered,
  type RenderedFile,
  type UnitSpec,
} from './domain/package.render.js';
export { mapResources, PLAN_SIZES, type PlanSize, type ResourceRequests } from './domain/resources.map.js';
export { makeSecret, secretsToMake, type RandomOctets, type SecretToMake } from './domain/secrets.make.js';
export {
  classifySettings,
  fixedSettings,
  mergePatch,
  refusedChanges,
  validateSettings,
  withDefaults,
  type SettingsMode,
  type WithSettings,
} from './domain/settings.validate.js';
export {
  countsOf,
  missingPrograms,
  neededPrograms,
  statePartsOf,
  type CountDeclaration,
  type NeededProgram,
  type StatePart,
} from './domain/state.parts.js';
export { archive, unarchive } from './package.archive.js';
export { PACKAGE_LIMITS } from './package.bounds.js';
export { loadPackage } from './package.load.js';
export { parsePackage } from './package.parse.js';
export { release, versions, type Release } from './release.js';
export * from './store/package-store.js';
