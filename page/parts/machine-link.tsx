import { hrefs } from "../route.ts";

/** A machine by its name, or its id if nobody knows one; leads to its view. */
export function MachineLink({
  of: { machineId, machineName },
}: {
  readonly of: { readonly machineId: string; readonly machineName: string | null };
}) {
  return <a href={hrefs.machine(machineId)}>{machineName ?? machineId}</a>;
}
