// Business rule of ServiceNow on the table Incident: after insert and update. docs/tickets.md says
// how to make it. ServiceNow runs it as ECMAScript 5.
(function executeRule(current) {
  // lrq's own work notes change the record, too. They bring nothing new.
  var isNew = String(current.operation()) === "insert";
  if (!isNew && !current.u_mde_device_id.changes() && !current.cmdb_ci.changes()) return;

  function stored(name) {
    return String(current.getValue(name) || "");
  }

  var incident = {
    event: String(current.operation()),
    sys_id: String(current.getUniqueValue()),
    number: stored("number"),
    short_description: stored("short_description"),
    priority: stored("priority"),
    severity: stored("severity"),
    state: stored("state"),
    active: stored("active") === "1",
    u_mde_device_id: stored("u_mde_device_id"),
    // The name of the machine. Its value would be the key of a record.
    cmdb_ci: String(current.getDisplayValue("cmdb_ci") || ""),
    url: gs.getProperty("glide.servlet.uri") + current.getLink(true),
  };

  var message = new sn_ws.RESTMessageV2("lrq", "send");
  message.setStringParameterNoEscape("url", gs.getProperty("lrq.url"));
  message.setStringParameterNoEscape("key", gs.getProperty("lrq.key"));
  message.setRequestBody(JSON.stringify(incident));
  // Nobody who saves an incident waits for lrq.
  message.executeAsync();
})(current);
