/** A form of a JSON Schema of plain values: what questions ask for, and blueprints are run with. */

export interface Property {
  type?: string | undefined;
  title?: string | undefined;
  description?: string | undefined;
  enum?: readonly unknown[] | undefined;
  default?: unknown;
  items?: { type?: string } | undefined;
}

export interface Fields {
  properties?: Record<string, Property>;
  required?: readonly string[];
}

export type Values = Record<string, unknown>;

const PLAIN = ["string", "number", "integer", "boolean"];

const isPlain = ({ type = "", enum: choices }: Property): boolean => choices !== undefined || PLAIN.includes(type);
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

function reading(of: Property): (text: string) => unknown {
  const isNumber = of.type === "number" || of.type === "integer";
  return (text) => (text === "" ? undefined : isNumber ? Number(text) : text);
}

function Control({ of, value, onChange, name }: FieldProps) {
  const read = reading(of);
  if (isTexts(of)) {
    const text = Array.isArray(value) ? value.join("\n") : "";
    return (
      <textarea
        name={name}
        class="low"
        defaultValue={text}
        onInput={(event) => onChange(linesOf(event.currentTarget.value))}
      />
    );
  }
  if (of.enum) {
    return (
      <select name={name} value={String(value ?? "")} onChange={(event) => onChange(read(event.currentTarget.value))}>
        <option value="" />
        {of.enum.map((choice) => (
          <option key={String(choice)}>{String(choice)}</option>
        ))}
      </select>
    );
  }
  const isNumber = of.type === "number" || of.type === "integer";
  return (
    <input
      name={name}
      {...(isNumber ? { type: "number", step: of.type === "integer" ? 1 : "any" } : {})}
      value={String(value ?? "")}
      onInput={(event) => onChange(read(event.currentTarget.value))}
    />
  );
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
        {isTexts(of) && " One a line."}
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
