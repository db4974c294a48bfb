// A dispatcher for many users in another language; docs/process.md explains the lines.
//     goldenpath run "cmd:node examples/node/dispatcher.js"
// FAULT=last-user shows what is caught: all events then go to the user who came last.
const { randomUUID } = require("node:crypto");
let lastUser;

class Dispatcher { // knows nothing of goldenpath
  tools = new Map();
  constructor(userId, send) { Object.assign(this, { userId, send }); lastUser = userId; }
  register(name, run) {
    if (this.closed) throw new Error("this dispatcher is closed");
    this.tools.set(name, run);
  }
  async execute(name, parameters = {}, signal) {
    if (this.closed) throw new Error("this dispatcher is closed");
    if (!this.tools.has(name)) throw new Error(`there is no tool ${name}`);
    const call = { tool_name: name, call_id: randomUUID() };
    await this.tell("tool_executing", { ...call, parameters });
    try {
      const result = await this.tools.get(name)(parameters, signal);
      await this.tell("tool_completed", { ...call, status: "success", result });
      return result;
    } catch (error) {
      const status = signal.aborted ? "cancelled" : "error";
      await this.tell("tool_completed", { ...call, status, error: error.message });
      throw error;
    }
  }
  async tell(type, data) {
    const to = process.env.FAULT === "last-user" ? lastUser : this.userId;
    await this.send(to, { type, data: { user_id: this.userId, ...data } }).catch(() => {}); // a lost event must not fail the call
  }
}

const write = (line) => process.stdout.write(JSON.stringify(line) + "\n");
const sessions = new Map(), calls = new Map(), waiting = new Map();
const said = (id) => new Promise((resolve) => waiting.set(id, resolve));

async function send(to, frame) {
  const ack = randomUUID();
  write({ type: "frame", to, frame, ack });
  const { error } = await said(ack);
  if (error) throw new Error(error.text);
}
const tool = (session, name) => async (parameters, signal) => {
  const exec = randomUUID();
  write({ type: "started", exec, session, tool: name, parameters });
  const givenUp = new Promise((resolve) => (signal.onabort = () => resolve({ cancelled: true })));
  const { value, error, cancelled } = await Promise.race([said(exec), givenUp]);
  write({ type: cancelled ? "cancelled" : error ? "failed" : "ended", exec });
  if (cancelled || error) throw new Error(error?.text ?? "given up");
  return value;
};
const actions = {
  create({ session, user, tools, transport }) {
    sessions.set(session, new Dispatcher(user.user_id, transport === "absent" ? async () => {} : send));
    for (const { name } of tools) sessions.get(session).register(name, tool(session, name));
  },
  execute: (ask, signal) => sessions.get(ask.session).execute(ask.tool, ask.parameters, signal),
  register: ({ session, tool: { name } }) => sessions.get(session).register(name, tool(session, name)),
  cleanup: ({ session }) => void (sessions.get(session).closed = true),
  ping: () => true,
};
async function answer(ask, id = ask.id) {
  const { signal } = calls.set(id, new AbortController()).get(id);
  const said = await Promise.resolve(ask).then((ask) => actions[ask.type](ask, signal)).then(
    (value) => ({ value: value ?? null }),
    ({ name, message }) => (signal.aborted ? { cancelled: true } : { error: { type: name, text: message } }));
  write({ type: "answer", id, ...said });
}
require("node:readline").createInterface({ input: process.stdin }).on("line", (text) => {
  const line = JSON.parse(text);
  if (line.type === "cancel") calls.get(line.id)?.abort();
  else if (line.type === "result" || line.type === "sent") waiting.get(line.exec ?? line.ack)?.(line);
  else answer(line);
});
write({ type: "hello", protocol: 1, kind: "dispatcher", numbers: "double",
  transports: ["working", "absent", "raising"], actions: ["create", "execute", "register", "cleanup"] });
