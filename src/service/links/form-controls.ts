/** How a form asks what a question asks, for the pages that show one. */
export { type Control, controlOf, propertiesOf, WHOLE_CONTENT } from "../../blueprint/schemas/answer-form.ts";
