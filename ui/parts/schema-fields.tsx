/** A form of a JSON Schema of plain values: what questions ask for, and blueprints are run with. */

interface NamedChoice {
  const: unknown;
  title?: string | undefined;
}

export interface Property {
  type?: string | undefined;
  title?: string | undefined;
  description?: string | undefined;
  enum?: readonly unknown[] | undefined;
  enumNames?: readonly string[] | undefined;
  oneOf?: readonly NamedChoice[] | undefined;
  anyOf?: readonly NamedChoice[] | undefined;
  format?: string | undefined;
  minimum?: number | undefined;
  maximum?: number | undefined;
  default?: unknown;
  items?: Property | undefined;
}

export interface Fields {
  properties?: Record<string, Property>;
  required?: readonly string[];
}

export type Values = Record<string, unknown>;

const PLAIN = ["string", "number", "integer", "boolean"];

interface Choice {
  value: string;
  label: string;
}

/** The values that it can have, where they are few: each with its title. */
function choicesOf({ enum: values, enumNames, oneOf, anyOf }: Property): Choice[] | undefined {
  const named = (oneOf ?? anyOf)?.filter((choice) => "const" in choice);
  if (named !== undefined && named.length > 0)
    return named.map(({ const: value, title }) => ({ value: String(value), label: title ?? String(value) }));
  return values?.map((value, i) => ({ value: String(value), label: enumNames?.[i] ?? String(value) }));
}

const isPlain = (of: Property): boolean => choicesOf(of) !== undefined || PLAIN.includes(of.type ?? "");
const isTexts = ({ type, items }: Property): boolean => type === "array" && items?.type === "string";

/** Whether each of its values has a field of its own; lists of texts have one line each. */
export const isFlat = ({ properties = {} }: Fields): boolean =>
  Object.values(properties).length > 0 && Object.values(properties).every((of) => isPlain(of) || isTexts(of));

export const defaultsOf = ({ properties = {} }: Fields): Values =>
  Object.fromEntries(
    Object.entries(properties).flatMap(([name, of]) => (of.default === undefined ? [] : [[name, of.default]])),
  );

interface FieldProps {
  name: string;
  of: Property;
  isNeeded: boolean;
  value: unknown;
  onChange: (value: unknown) => void;
}

const linesOf = (text: string): string[] =>
  text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");

const isNumber = ({ type }: Property): boolean => type === "number" || type === "integer";

function reading(of: Property): (text: string) => unknown {
  return (text) => (text === "" ? undefined : isNumber(of) ? Number(text) : text);
}

const textsOf = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : []);

/** Any number of the choices. */
function Several({ choices, name, value, onChange }: FieldProps & { choices: readonly Choice[] }) {
  const chosen = textsOf(value);
  return (
    <select
      multiple
      name={name}
      size={Math.min(choices.length, 6)}
      onChange={({ currentTarget }) => onChange([...currentTarget.selectedOptions].map((option) => option.value))}
    >
      {choices.map(({ value, label }) => (
        <option key={value} value={value} selected={chosen.includes(value)}>
          {label}
        </option>
      ))}
    </select>
  );
}

function Lines({ name, value, onChange }: FieldProps) {
  return (
    <textarea
      name={name}
      class="low"
      defaultValue={textsOf(value).join("\n")}
      onInput={(event) => onChange(linesOf(event.currentTarget.value))}
    />
  );
}

function One({ choices, of, name, value, onChange }: FieldProps & { choices: readonly Choice[] }) {
  const read = reading(of);
  return (
    <select name={name} value={String(value ?? "")} onChange={(event) => onChange(read(event.currentTarget.value))}>
      <option value="" />
      {choices.map(({ value, label }) => (
        <option key={value} value={value}>
          {label}
        </option>
      ))}
    </select>
  );
}

function TextInput({ of, name, value, onChange }: FieldProps) {
  const input = { name, value: String(value ?? "") };
  const onInput = (event: { currentTarget: HTMLInputElement }) => onChange(reading(of)(event.currentTarget.value));
  if (isNumber(of)) {
    const step = of.type === "integer" ? 1 : "any";
    return <input {...input} type="number" {...{ step, onInput }} min={of.minimum} max={of.maximum} />;
  }
  switch (of.format) {
    case "date":
      return <input {...input} type="date" onInput={onInput} />;
    case "email":
      return <input {...input} type="email" onInput={onInput} />;
    case "uri":
      return <input {...input} type="url" onInput={onInput} />;
    default:
      return <input {...input} onInput={onInput} />;
  }
}

function Control(props: FieldProps) {
  const { of } = props;
  const choices = choicesOf(of.items ?? of);
  if (of.type === "array") return choices ? <Several {...props} choices={choices} /> : <Lines {...props} />;
  return choices ? <One {...props} choices={choices} /> : <TextInput {...props} />;
}

function Field(props: FieldProps) {
  const { name, of, isNeeded, value, onChange } = props;
  if (of.type === "boolean") {
    return (
      <label class="tick-box">
        <span>
          {of.title ?? name} <span class="quiet">{of.description}</span>
        </span>
        <input type="checkbox" checked={value === true} onChange={(event) => onChange(event.currentTarget.checked)} />
      </label>
    );
  }
  return (
    // biome-ignore lint/a11y/noLabelWithoutControl: the control is a component of its own
    <label class="field">
      <span>
        <b>{of.title ?? name}</b> {isNeeded ? "" : "(if you like)"} {of.description}
        {of.type === "array" && (choicesOf(of.items ?? {}) ? " Any number of them." : " One a line.")}
      </span>
      <Control {...props} />
    </label>
  );
}

interface SchemaFieldsProps {
  schema: Fields;
  values: Values;
  onChange: (values: Values) => void;
}

export function SchemaFields({ schema: { properties = {}, required = [] }, values, onChange }: SchemaFieldsProps) {
  return (
    <>
      {Object.entries(properties).map(([name, of]) => (
        <Field
          key={name}
          {...{ name, of, value: values[name], isNeeded: required.includes(name) }}
          onChange={(value) => onChange({ ...values, [name]: value })}
        />
      ))}
    </>
  );
}
