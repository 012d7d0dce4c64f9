export type { HttpClientOptions, HttpRequest } from "./client.ts";
export { HttpClient } from "./client.ts";
export type { ConditionalAnswer, Validators } from "./conditional.ts";
export { requestIfChanged } from "./conditional.ts";
export type { HttpErrorCode, HttpErrorDetails } from "./errors.ts";
export { HttpError } from "./errors.ts";
export type { HttpResponse } from "./response.ts";
export type { RetryPolicy } from "./retry.ts";
