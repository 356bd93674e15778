export { ApiClient, type Answered, type ApiCall, type ApiClientOptions, type CellHealth } from './api/api-client.js';
export { AnswerLost, NotReached, ProblemAnswered } from './api/api-failures.js';
export { EXIT, type ExitCode } from './cli/exit-codes.js';
export { type Profile, readProfile } from './profile/profile.js';
export { apiUrl, type Installation, readInstallation } from './up/installation.js';
