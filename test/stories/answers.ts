/* What the stories hold the answers to. */
export { acceptedSchema } from "../../shared/api/incident-answers.ts";
export { problemSchema } from "../../shared/api/problem-answer.ts";
export { auditPageSchema, manifestSchema } from "../../shared/api/record-answers.ts";
export { runSchema, type Run } from "../../shared/api/run-answer.ts";
export {
  findingsSchema,
  libraryViewSchema,
  statusSchema,
} from "../../shared/api/status-answers.ts";
