import { describe, expect, it } from "vitest";
import { ours, platformOf, surerOf } from "../../shared/incident/platform.ts";

describe("a word for a system", () => {
  it.each([
    ["Windows10", "windows"],
    ["Windows11", "windows"],
    ["Windows10WVD", "windows"],
    ["WindowsServer2012R2", "windows"],
    ["WindowsServer2025", "windows"],
    ["Microsoft Windows Server 2019 Standard", "windows"],
    ["Linux", "linux"],
    ["Ubuntu", "linux"],
    ["RedHatEnterpriseLinux", "linux"],
    ["Red Hat Enterprise Linux 9", "linux"],
    ["SuseLinux", "linux"],
    ["openSUSE", "linux"],
    ["Debian", "linux"],
    ["AzureLinux", "linux"],
    ["CBL-Mariner", "linux"],
    ["AmazonLinux", "linux"],
    ["AmazonLinux2023", "linux"],
    ["OracleLinux", "linux"],
    ["Oracle Linux Server 8.9", "linux"],
    ["CentOS", "linux"],
    ["Fedora", "linux"],
    ["Rocky Linux 9", "linux"],
    ["AlmaLinux", "linux"],
    ["Debian GNU/Linux 12", "linux"],
    ["Linux Red Hat", "linux"],
    ["SUSE Linux Enterprise Server 15 SP5", "linux"],
    ["Ubuntu 22.04 LTS", "linux"],
    ["Windows 8.1", "windows"],
    ["Windows Server 2012 R2 Datacenter", "windows"],
    ["Microsoft Windows 11 Enterprise multi-session", "windows"],
    ["Windows 11 22H2", "windows"],
    ["macOS Sonoma 14.5", "macos"],
    ["macOS", "macos"],
    ["MacOs", "macos"],
    ["mac", "macos"],
    ["Mac OS X", "macos"],
    ["Darwin", "macos"],
  ] as const)("%s stands for %s", (said, platform) => {
    expect(platformOf(said)).toBe(platform);
  });

  it.each(["iOS", "iPadOS", "Android", "WindowsPhone", "ChromeOS", "Other"])(
    "%s is none of ours",
    (said) => {
      expect(platformOf(said)).toEqual({ kind: "notOurs", said });
    },
  );

  it.each([
    "BeOS",
    "Machine",
    "constructor",
    "Oracle",
    "Oracle Solaris",
    "AmazonFireOS",
    "WindowsCE",
    "Windows Mobile",
    "Darwinia",
    "Linuxcnc",
    "RockyOS",
    "Other 3.x Linux",
    "iOS-XE",
    "Macintosh",
  ])("%s is one we do not know", (said) => {
    expect(platformOf(said)).toEqual({ kind: "unknownWord", said });
  });

  it.each(["Unknown", "", " ", "None", "N/A", null])("%j says nothing", (said) => {
    expect(platformOf(said)).toBeNull();
  });

  it("is kept short, however long it comes", () => {
    expect(platformOf("x".repeat(9_999))).toMatchObject({
      said: expect.stringMatching(/^x{99}…$/),
    });
  });
});

describe("several words for one system", () => {
  it("say the first platform among them", () => {
    expect(platformOf("Unknown", "macOS", "Linux")).toBe("macos");
    expect(platformOf("BeOS", "Linux")).toBe("linux");
    expect(platformOf("BeOS", "iOS")).toEqual({ kind: "notOurs", said: "iOS" });
    expect(platformOf(null, "BeOS")).toEqual({ kind: "unknownWord", said: "BeOS" });
    expect(platformOf()).toBeNull();
  });

  it("of two speakers: a platform beats an unknown word, and that beats nothing", () => {
    const word = platformOf("BeOS");
    expect([surerOf(word, "linux"), surerOf("linux", word), surerOf(null, word)]).toEqual([
      "linux",
      "linux",
      word,
    ]);
    expect([ours("linux"), ours(word), ours(null)]).toEqual(["linux", null, null]);
  });
});
