// A dispatcher for many users in Node, explained in docs/process.md. With FAULT=last-user all events
// go to the user who came last:  goldenpath run "cmd:node examples/node/dispatcher.js"
const { randomUUID } = require("node:crypto");
let lastUser;

class Dispatcher { // knows nothing of goldenpath
  tools = new Map(); closing = new AbortController();
  constructor(user, send) { Object.assign(this, { user, send }); lastUser = user.user_id; }
  register({ name, admin_only }, run) {
    this.closing.signal.throwIfAborted();
    if (admin_only && !this.user.is_admin) throw new Error(`${name} is for admins only`);
    this.tools.set(name, run);
  }
  async execute(name, parameters = {}, givenUp) {
    this.closing.signal.throwIfAborted();
    if (!this.tools.has(name)) throw new Error(`there is no tool ${name}`);
    const signal = AbortSignal.any([givenUp, this.closing.signal]);
    const call = { tool_name: name, call_id: randomUUID() };
    await this.tell("tool_executing", { ...call, parameters });
    try {
      const result = await this.tools.get(name)(parameters, signal);
      await this.tell("tool_completed", { ...call, status: "success", result });
      return result;
    } catch (error) {
      call.status = signal.aborted ? "cancelled" : "error";
      await this.tell("tool_completed", { ...call, error: error.message });
      throw error;
    }
  }
  async tell(type, data) {
    const user_id = this.user.user_id, to = process.env.FAULT === "last-user" ? lastUser : user_id;
    await this.send(to, { type, data: { user_id, ...data } }).catch(() => {}); // fails no call
  }
  close() { this.closing.abort(new Error("this dispatcher is closed")); }
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
const planted = ({ id }) => async (parameters, signal) => {
  const exec = randomUUID();
  write({ type: "started", exec, tool: id, parameters });
  const givenUp = new Promise((resolve) => (signal.onabort = () => resolve({ cancelled: true })));
  const { value, error, cancelled } = await Promise.race([said(exec), givenUp]);
  write({ type: cancelled ? "cancelled" : error ? "failed" : "ended", exec });
  if (cancelled || error) throw new Error(error?.text ?? "given up");
  return value;
};
const actions = {
  create({ session, user, tools, transport }) {
    sessions.set(session, new Dispatcher(user, transport === "absent" ? async () => {} : send));
    for (const tool of tools) sessions.get(session).register(tool, planted(tool));
  },
  execute: (ask, signal) => sessions.get(ask.session).execute(ask.tool, ask.parameters, signal),
  register: ({ session, tool }) => sessions.get(session).register(tool, planted(tool)),
  cleanup: ({ session }) => sessions.get(session).close(),
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
