// Records sent from a page, with the token or the address that it holds: just as a program would send them.
{
  const MOST_RECORDS = 1000, MOST_LETTERS = 1 << 20, MOST_FILE_BYTES = 50 << 20;

  // The values that stand in a text one after the other, each as it is written: numbers keep every digit.
  function split(text) {
    const found = [];
    let depth = 0, start = 0, isString = false;
    for (let at = 0; at < text.length; at += 1) {
      const letter = text[at];
      if (isString) {
        if (letter === "\\") at += 1;
        else isString = letter !== '"';
      } else if (letter === "{" || letter === "[") {
        if (depth === 0) start = at;
        depth += 1;
      } else if (letter === "}" || letter === "]") {
        depth -= 1;
        if (depth < 0) break;
        if (depth === 0) found.push(text.slice(start, at + 1));
      } else if (depth === 0 && !/[\s,\uFEFF]/.test(letter)) {
        throw new Error(`Record ${found.length + 1} is not a JSON object, such as {"id": 1}.`);
      } else {
        isString = letter === '"';
      }
    }
    if (depth !== 0) throw new Error(`Record ${found.length + 1} does not end: a bracket or a quote is missing.`);
    return found;
  }

  function recordsIn(text) {
    const values = split(text);
    const records = values.flatMap((value) => (value.startsWith("[") ? split(value.slice(1, -1)) : [value]));
    if (records.length === 0) throw new Error("There is no record. Type one, such as {\"id\": 1}, or choose a file.");
    records.forEach((record, number) => {
      try {
        if (!record.startsWith("{")) throw new Error("not an object");
        JSON.parse(record);
      } catch (fault) {
        throw new Error(`Record ${number + 1} is not a JSON object: ${fault.message}.`);
      }
    });
    return records;
  }

  // Few enough at a time for one request.
  function* loadsOf(records) {
    let some = [], letters = 0;
    for (const record of records) {
      if (some.length === MOST_RECORDS || (some.length > 0 && letters + record.length > MOST_LETTERS)) {
        yield some;
        some = [];
        letters = 0;
      }
      some.push(record);
      letters += record.length;
    }
    yield some;
  }

  function bindSending(form) {
    const told = document.getElementById("send-told");
    const table = form.elements.table;
    const count = (number) => `${new Intl.NumberFormat("en").format(number)} ${number === 1 ? "record" : "records"}`;

    function tell(text, isBad, link) {
      told.classList.toggle("bad", isBad);
      told.textContent = text;
      if (!link) return;
      const way = document.createElement("a");
      way.href = form.dataset.source;
      way.textContent = link;
      way.className = "button button-small";
      told.append(" ", way);
    }
    const secret = () => (form.elements.secret?.value ?? document.getElementById("secret").textContent).trim();

    function request(records, sequence) {
      const headers = { "Content-Type": "application/json" };
      if (!table) {
        const path = URL.canParse(secret()) ? new URL(secret()).pathname : "";
        if (!path.startsWith("/v1/clients/")) throw new Error("Paste the whole address, from http on.");
        return [path, { method: "POST", headers, body: `[${records.join(",")}]` }];
      }
      headers.Authorization = `Bearer ${secret()}`;
      const messages = records.map((data, at) => `{"action":"upsert","sequence":${sequence + at},"data":${data}}`);
      const body = `{"table_name":${JSON.stringify(table.value.trim())},"schema":{},"messages":[${messages.join(",")}]}`;
      return ["/v2/import/batch", { method: "POST", headers, body }];
    }
    async function why(answer) {
      if (answer.status === 401 || answer.status === 403) {
        return "what it was sent with is not accepted: it was revoked, or the integration is paused";
      }
      const text = await answer.text();
      try {
        const { error, message } = JSON.parse(text);
        return [error, message].find((one) => typeof one === "string") ?? text;
      } catch {
        return text;
      }
    }
    async function read() {
      const file = form.elements.file.files[0];
      if (!file) return form.elements.records.value;
      if (file.size > MOST_FILE_BYTES) throw new Error("The file has more than 50 MB: send it with a program.");
      try {
        return new TextDecoder("utf-8", { fatal: true }).decode(await file.arrayBuffer());
      } catch {
        throw new Error("the file is not in UTF-8: save it in that encoding, and choose it again.");
      }
    }
    async function send() {
      let accepted = 0;
      const before = () => (accepted > 0 ? `${count(accepted)} accepted, the next not: ` : "Nothing was sent: ");
      try {
        if (table && table.value.trim() === "") throw new Error("name the table first.");
        const records = recordsIn(await read());
        const sequence = Date.now() * 1000;
        let waits = false;
        for (const some of loadsOf(records)) {
          const [path, options] = request(some, sequence + accepted);
          let answer;
          try {
            answer = await fetch(path, { ...options, credentials: "omit" });
          } catch {
            const doubt = `the server did not answer. Whether it has them is not known: look before you send them again.`;
            return tell(`${count(accepted)} accepted. Of the next, ${doubt}`, true, "Look");
          }
          if (!answer.ok) return tell(`${before()}${await why(answer)}.`, true);
          waits = answer.status === 202;
          accepted += some.length;
        }
        form.elements.file.value = "";
        const then = waits ? "What can't be loaded yet waits." : "Loading follows by itself.";
        tell(`${count(accepted)} accepted. ${then}`, false, "Watch data arrive");
      } catch (fault) {
        tell(`${before()}${fault.message}`, true);
      }
    }

    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      if (form.dataset.busy) return;
      form.dataset.busy = "yes";
      told.textContent = "";
      await send();
      delete form.dataset.busy;
    });
    form.hidden = false;
  }
  const form = document.getElementById("send");
  if (form) bindSending(form);
}
