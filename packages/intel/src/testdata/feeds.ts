/** Small feeds in the forms of the real ones. All addresses and names are of those set aside for documentation. */
export const abuseChCsv = `################################################################
# A list of servers (CSV)                                      #
################################################################
#
"first_seen_utc","dst_ip","dst_port","c2_status","last_online","malware"
"2026-01-02 03:04:05","198.51.100.7","443","online","2026-01-09","QakBot"
"2026-01-02 03:04:05","198.51.100.8","99999","online","2026-01-09","QakBot"
`;

export const threatFoxCsv = `# "first_seen_utc","ioc_id","ioc_value","ioc_type","threat_type","fk_malware","malware_alias","malware_printable","last_seen_utc","confidence_level","is_compromised","reference","tags","anonymous","reporter"
"2026-01-02 03:04:05", "1", "198.51.100.9:8443", "ip:port", "botnet_cc", "win.cs", "None", "Cobalt Strike", "", "100", "0", "", "a,b", "0", "x"
"2026-01-02 03:04:06", "2", "c2.evil.example", "domain", "botnet_cc", "win.cs", "None", "Cobalt Strike", "", "75", "0", "", "", "0", "x"
"2026-01-02 03:04:07", "3", "shop.honest.example", "domain", "payload_delivery", "win.cs", "None", "Cobalt Strike", "", "100", "True", "", "", "0", "x"
"2026-01-02 03:04:08", "4", "d41d8cd98f00b204e9800998ecf8427e", "md5_hash", "payload", "win.cs", "None", "Cobalt Strike", "", "50", "0", "", "", "0", "x"
"2026-01-02 03:04:09", "5", "someone@evil.example", "email", "payload", "win.cs", "None", "Cobalt Strike", "", "50", "0", "", "", "0", "x"
`;

export const urlhausCsv = `# Terms of use
#
# id,dateadded,url,url_status,last_online,threat,tags,urlhaus_link,reporter
"1","2026-01-02 03:04:05","http://198.51.100.10:37352/bin.sh","online","2026-01-02 03:04:05","malware_download","Mozi,elf","https://list.example/1","x"
"2","2026-01-02 03:04:05","https://files.evil.example/a,b.exe","offline","","malware_download","","https://list.example/2","x"
`;

export const sslblCsv = `# Firstseen,DstIP,DstPort
2026-01-02 03:04:05,198.51.100.11,447
`;

export const certificatesCsv = `# Listingdate,SHA1,Listingreason
2026-01-02 03:04:05,da39a3ee5e6b4b0d3255bfef95601890afd80709,Vidar C&C
`;

export const feodoJson = JSON.stringify([
  {
    ip_address: "198.51.100.12",
    port: 8080,
    status: "offline",
    hostname: null,
    first_seen: "2026-01-02 03:04:05",
    malware: "Emotet",
  },
]);

export const threatFoxJson = JSON.stringify({
  "17": [
    {
      ioc_value: "198.51.100.13:80",
      ioc_type: "ip:port",
      malware_printable: "Remcos",
      first_seen_utc: "2026-01-02 03:04:05",
      confidence_level: 90,
      tags: "a,b",
    },
  ],
});

export const urlhausJson = JSON.stringify({
  "18": [{ url: "http://198.51.100.14/x", dateadded: "2026-01-02 03:04:05 UTC", tags: ["Mirai", "elf"] }],
});

export const plainList = `# a list
198.51.100.7
198.51.100.0/28 ; SBL1
[2001:db8::7]:443
evil.example   # a note
http://files.evil.example/x.sh
`;

export const hostsFile = `127.0.0.1 localhost
::1 localhost ip6-localhost
0.0.0.0 0.0.0.0
0.0.0.0 ads.evil.example track.evil.example
127.0.0.1\tmore.evil.example
198.51.100.7 evil-host
`;

export const trails = `# Copyright

# Aliases: Emotet

198.51.100.7:443
dvr.evil.example
evil.example/x/y.php
/gate.php
(a|b)[0-9]+\\.evil\\.example
http://198.51.100.8
2001:db8::8 # a scanner
`;

export function stixBundle(more: Readonly<Record<string, unknown>> = {}): object {
  return {
    type: "bundle",
    id: "bundle--1",
    objects: [
      {
        type: "indicator",
        spec_version: "2.1",
        id: "indicator--1",
        created: "2026-01-01T00:00:00.000Z",
        pattern: "[ipv4-addr:value = '198.51.100.7']",
        pattern_type: "stix",
        valid_from: "2026-01-02T03:04:05.000000Z",
        ...more,
      },
      { type: "malware", id: "malware--1", name: "Emotet", is_family: true },
      { type: "relationship", relationship_type: "indicates", source_ref: "indicator--1", target_ref: "malware--1" },
    ],
  };
}

export function mispEvent(...attributes: readonly object[]): object {
  const attribute = {
    uuid: "11111111-1111-4111-8111-111111111111",
    type: "ip-dst|port",
    value: "198.51.100.7|443",
    to_ids: true,
    timestamp: "1767323045",
  };
  return {
    Event: {
      uuid: "22222222-2222-4222-8222-222222222222",
      info: "a campaign",
      date: "2026-01-01",
      Tag: [{ name: "tlp:white" }, { name: 'misp-galaxy:malpedia="Emotet"' }],
      Attribute: attributes.length > 0 ? attributes : [attribute],
      Object: [
        {
          name: "domain-ip",
          Attribute: [{ ...attribute, type: "domain|ip", value: "evil.example|198.51.100.8" }],
        },
      ],
    },
  };
}
