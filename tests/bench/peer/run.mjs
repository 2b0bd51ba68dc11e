// The peer: cql-execution judges the panels it is given, one round for every line it is sent.
//
// node run.mjs JOB.json, in a folder where cql-execution and @cqframework/cql are installed.
// First line out: what was compiled and what each panel got; then one line per round.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const job = JSON.parse(readFileSync(process.argv[2], "utf-8"));
const require = createRequire(pathToFileURL(`${process.cwd()}/`));
const cql = require("cql-execution");
const { SystemModelInfoProvider } = await import(pathToFileURL(require.resolve("@cqframework/cql/cql")));
const translating = await import(pathToFileURL(require.resolve("@cqframework/cql/cql-to-elm")));

const say = (answer) => process.stdout.write(`${JSON.stringify(answer)}\n`);

function translated() {
  const models = new translating.ModelManager();
  const ours = (name) => (name === "Panel" ? translating.stringAsSource(job.model) : null);
  models.modelInfoLoader.registerModelInfoProvider(new SystemModelInfoProvider());
  models.modelInfoLoader.registerModelInfoProvider(translating.createModelInfoProvider(ours));
  // Units are checked by the engine when it converts them; the translator is asked for nothing.
  const units = translating.createUcumService(() => null, () => null, () => null, () => null);
  const libraries = new translating.LibraryManager(models, undefined, undefined, units);
  const translator = translating.CqlTranslator.fromText(job.rules, libraries);
  const library = JSON.parse(translator.toJson());
  const complaints = (library.library.annotation ?? []).filter((note) => note.errorSeverity === "error");
  if (complaints.length) throw new Error(JSON.stringify(complaints.slice(0, 5), null, 1));
  return library;
}

// Typed before the clock runs, as our own request is: a record only hands out what it holds.
class Held {
  constructor(fields) {
    this.fields = fields;
  }
  get(field) {
    return this.fields[field];
  }
  getCode(field) {
    return this.fields[field];
  }
  getId() {
    return this.fields.id;
  }
}

class Patient extends Held {
  constructor(panel) {
    super({ ...panel.patient, birthDate: cql.Date.parse(panel.patient.birthDate) });
    this.observations = panel.observations.map(
      (one) =>
        new Held({
          id: one.id,
          code: new cql.Code(one.analyte, "urn:analytes"),
          value: new cql.Quantity(one.value, one.unit),
          taken: cql.DateTime.parse(one.taken),
          fasting: one.fasting,
          assay: one.assay,
        }),
    );
  }
  findRecords(type) {
    return type.endsWith("Observation") ? this.observations : [this];
  }
}

class Queue {
  constructor(patients) {
    this.patients = patients;
    this.place = 0;
  }
  currentPatient() {
    return this.patients[this.place];
  }
  nextPatient() {
    this.place += 1;
    return this.currentPatient();
  }
}

function typed(parameter) {
  if (parameter === null || typeof parameter !== "object") return parameter;
  if (parameter.limits) return Object.fromEntries(Object.entries(parameter.limits).map(([name, value]) => [name, typed(value)]));
  if (parameter.unit) return new cql.Quantity(parameter.value, parameter.unit);
  if (parameter.at) return cql.DateTime.parse(parameter.at);
  return parameter.value;
}

function expressions(node) {
  if (Array.isArray(node)) return node.reduce((sum, one) => sum + expressions(one), 0);
  if (node === null || typeof node !== "object") return 0;
  return Object.values(node).reduce((sum, one) => sum + expressions(one), node.type && typeof node.type === "string" ? 1 : 0);
}

const elm = translated();
const library = new cql.Library(elm);
const parameters = Object.fromEntries(Object.entries(job.parameters).map(([name, value]) => [name, typed(value)]));
const executor = new cql.Executor(library, undefined, parameters);
const now = cql.DateTime.parse(job.parameters["As of"].at);
const patients = job.panels.map((panel) => new Patient(panel));

// The engine's usual call: every definition for every patient, as our answer says them all as well.
const judged = () => executor.exec(new Queue(patients), now);

const { patientResults } = await judged();
const definitions = elm.library.statements.def;
say({
  definitions: definitions.length,
  expressions: expressions(definitions.map((one) => one.expression)),
  classes: Object.fromEntries(Object.entries(patientResults).map(([id, result]) => [id, result.Class])),
});

for await (const _ of createInterface({ input: process.stdin })) {
  const cpu = process.cpuUsage();
  const began = process.hrtime.bigint();
  await judged();
  const wall = Number(process.hrtime.bigint() - began) / 1e9;
  const spent = process.cpuUsage(cpu);
  // Its own helper threads are not held against it: the shorter of clock and processor time.
  say({ seconds: Math.min(wall, (spent.user + spent.system) / 1e6) });
}
