// Answers of @cloud-copilot/iam-simulate: a list of cases on stdin, a list of results on stdout.
const { createRequire } = require("module");

const { runUnsafeSimulation } = createRequire(process.argv[2] + "/")("@cloud-copilot/iam-simulate");

const everything = {
  name: "everything",
  policy: {
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Principal: "*", Action: "*", Resource: "*" }],
  },
};

function result(one) {
  return runUnsafeSimulation(
    {
      request: {
        principal: "arn:aws:iam::123456789012:user/ada",
        action: one.action,
        resource: { resource: one.resource, accountId: "123456789012" },
        contextVariables: one.context,
      },
      identityPolicies: one.documents.map((policy, index) => ({ name: `p${index}`, policy })),
      serviceControlPolicies: [],
      resourceControlPolicies: [{ orgIdentifier: "root", policies: [everything] }],
    },
    {},
  );
}

const cases = JSON.parse(require("fs").readFileSync(0, "utf8"));
process.stdout.write(JSON.stringify(cases.map(result)));
