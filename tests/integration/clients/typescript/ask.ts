// Asks an api with openapi-fetch and the types that openapi-typescript has generated from its document, and prints the
// results as JSON: node ask.ts URL. The compiler checks that every request and every result fits the types.
import createClient from "openapi-fetch";
import type { components, paths } from "./schema.d.ts";

declare const process: { argv: string[] };

type Flower = components["schemas"]["iris.row"];
type Penguin = components["schemas"]["penguins.row"];
type Patient = components["schemas"]["heart_failure.row"];

// Of a response that may be a page or a table too, JSON is asked for.
const client = createClient<paths, `${string}/${string}json`>({ baseUrl: process.argv[2] });
const flower: Flower = { sepal_length: 5.1, sepal_width: 3.5, petal_length: 1.4, petal_width: 0.2 };
const wrong: Flower = { ...flower, petal_width: -1 };
const patient: Patient = {
  age: 75, anaemia: false, creatinine_phosphokinase: 582, ejection_fraction: 20, high_blood_pressure: true,
  platelets: 265000, serum_creatinine: 1.9, serum_sodium: 130, sex: null, smoking: 0, time: 4,
};
const penguin: Penguin = {
  species: "Gentoo", island: "Biscoe", bill_length_mm: 47.3, bill_depth_mm: 15.3, flipper_length_mm: 222, sex: null,
};

const predict = client.POST;
const one = await predict("/models/iris/predict", { body: flower });
const died = await predict("/models/heart_failure/predict", { body: patient });
const heavy = await predict("/models/penguins/predict", { body: penguin });
const reported = await predict("/models/iris/predict", {
  body: [flower, wrong], params: { query: { on_error: "report" } },
});
const columns = await predict("/predict", {
  body: { columns: ["sepal_length", "sepal_width", "petal_length", "petal_width"], data: [[6.3, 3.3, 6, 2.5]] },
  params: { query: { format: "columns" } },
});
const refused = await predict("/models/iris/predict", { body: [wrong] });
const tensor = { name: "input", datatype: "FP64" as const, shape: [1, 4], data: [6.3, 3.3, 6, 2.5] };
const inferred = await predict("/v2/models/iris/infer", { body: { inputs: [tensor] } });
const models = await client.GET("/models");

const outcomes = Array.isArray(reported.data) ? reported.data : [];
console.log(JSON.stringify({
  one: one.data,
  patient: died.data,
  penguin: heavy.data,
  reported: outcomes.map((outcome) => ("errors" in outcome ? outcome.errors[0].field : outcome.label)),
  columns: columns.data,
  refused: [refused.response.status, refused.error?.detail],
  inferred: inferred.data?.outputs[0],
  models: models.data?.models.map((model) => model.links.predict),
}));
