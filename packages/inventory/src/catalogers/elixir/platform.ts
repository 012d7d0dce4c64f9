/** Applications of Erlang/OTP and of Elixir themselves: parts of one program, and no packages of Hex. */
const PLATFORM: ReadonlySet<string> = new Set(
  (
    "asn1 common_test compiler cosEvent cosEventDomain cosFileTransfer cosNotification cosProperty cosTime " +
    "cosTransactions crypto debugger dialyzer diameter edoc eldap erl_docgen erl_interface erts et eunit ftp gs hipe " +
    "ic inets jinterface kernel megaco mnesia observer odbc orber os_mon ose otp_mibs parsetools percept public_key " +
    "reltool runtime_tools sasl snmp ssh ssl stdlib syntax_tools test_server tftp tools typer webtool wx xmerl " +
    "eex elixir ex_unit iex logger mix"
  ).split(" "),
);

/** Whether an application comes with Erlang or Elixir. */
export function isOfPlatform(application: string): boolean {
  return PLATFORM.has(application);
}
