<#
Writes the whole memory of every process of one name, or of one id, into one archive.

  Collect-ProcessDump.ps1 -Process notepad -Output C:\ProgramData\lrq\process-dump.zip
    [-Megabytes 2900] takes no more than that, before compression; live response fetches 3 GB
    [-Seconds 420]    begins nothing more after that; live response ends a script at ten minutes
    [-OnlyFunctions]  does nothing, for tests that load the functions

It prints one line, a JSON object that says what happened, and leaves only the archive. SHA256SUMS
in it is about every file in it, processes.jsonl about the processes, and not-taken.txt says what is
missing, and why. If there is no dump at all, it fails. It refuses lsass, whose memory has
passwords. For Windows PowerShell 5.1 and PowerShell 7.
#>
param(
  [string]$Process = '', [string]$Output = '', [string]$Megabytes = '2900',
  [string]$Seconds = '420', [switch]$OnlyFunctions,
  [Parameter(ValueFromRemainingArguments = $true)][string[]]$Rest = @()
)
Set-StrictMode -Version 1.0
$ErrorActionPreference = 'Stop'
Add-Type -AssemblyName System.IO.Compression

function Invoke-Dump {
  if ($Process -notmatch '^[\w.-]+\z') { throw '-Process is the name of a process, or its id' }
  $wanted = $Process -replace '\.exe\z', ''
  $found = @(Get-Process | Where-Object { $_.ProcessName -eq $wanted -or "$($_.Id)" -eq $wanted })
  if ($found.Count -eq 0) { throw "no process is called $wanted, or has this id" }
  if (@($found | Where-Object { $_.ProcessName -match '^(lsass|lsaiso)\z' })) {
    throw 'the memory of lsass has passwords: it is refused'
  }
  Open-Archive
  $lines = foreach ($each in $found) { Add-Dump $each }
  if (-not $lines) { throw "there is no dump of ${wanted}: $(Get-FirstMiss)" }
  Add-Text 'processes.jsonl' $lines
  $more = [ordered]@{ processes = @($lines).Count; asAdministrator = Test-Administrator }
  Complete-Archive $more
}

function Remove-Traces { }

# The dump is on the disk before it is in the archive: both need room.
function Add-Dump($Of) {
  $what = "$($Of.ProcessName) $($Of.Id)"
  if (-not (Test-TimeLeft)) { Skip 'no time was left' $what; return }
  $size = [Math]::Max($Of.PrivateMemorySize64, $Of.WorkingSet64)
  $large = "$([long]($size / 1MB)) MiB"
  $free = (New-Object IO.DriveInfo ([IO.Path]::GetPathRoot($archive.work))).AvailableFreeSpace
  if ($size -gt $archive.left) { Skip "no room was left: $large" $what; return }
  if (2 * $size -gt $free) { Skip "the disk has no room for $large" $what; return }
  $dump = [IO.Path]::Combine($archive.work, 'dump')
  try { Write-Dump $Of.Id $dump } catch {
    Skip "Windows gives no dump of it: $(Get-Reason $_)" $what
    [IO.File]::Delete($dump)
    return
  }
  $stream = [IO.File]::OpenRead($dump)
  try {
    $large = "$([long]($stream.Length / 1MB)) MiB"
    if ($stream.Length -gt $archive.left) { Skip "no room was left: $large" $what; return }
    $name = "dumps/$($Of.ProcessName -replace '[^\w.-]', '_')-$($Of.Id).dmp"
    $entry = Add-Entry $name $stream $what
  } finally { $stream.Dispose(); [IO.File]::Delete($dump) }
  $row = [ordered]@{ entry = $entry; name = $Of.ProcessName; id = $Of.Id; path = $Of.Path }
  ConvertTo-Line $row
}

#: line.ps1
#: archive.ps1
# ---- What only Windows has. Tests replace this function.

# comsvcs.dll could write a dump, too. But it needs rundll32, does not say why it failed, and
# Defender takes it for a theft of passwords. So Windows is called directly.
function Write-Dump([int]$Id, [string]$Path) {
  Add-Type -Namespace Lrq -Name Memory -MemberDefinition '
    [System.Runtime.InteropServices.DllImport("kernel32.dll", SetLastError = true)]
    static extern System.IntPtr OpenProcess(uint rights, bool inherit, int id);
    [System.Runtime.InteropServices.DllImport("kernel32.dll")]
    static extern bool CloseHandle(System.IntPtr handle);
    [System.Runtime.InteropServices.DllImport("dbghelp.dll", SetLastError = true)]
    static extern bool MiniDumpWriteDump(System.IntPtr process, int id,
      System.Runtime.InteropServices.SafeHandle file, uint kind,
      System.IntPtr exception, System.IntPtr user, System.IntPtr callback);

    // Full memory with its regions, handles, unloaded modules and threads. The rights are to ask
    // about the process, to read it and to copy its handles.
    public static void Write(int id, System.Runtime.InteropServices.SafeHandle file) {
      System.IntPtr none = System.IntPtr.Zero;
      System.IntPtr process = OpenProcess(0x450, false, id);
      if (process == none) throw new System.ComponentModel.Win32Exception();
      try {
        if (!MiniDumpWriteDump(process, id, file, 0x1826, none, none, none))
          throw new System.ComponentModel.Win32Exception();
      } finally { CloseHandle(process); }
    }'
  $stream = [IO.File]::Open($Path, 'CreateNew')
  try { [Lrq.Memory]::Write($Id, $stream.SafeFileHandle) } finally { $stream.Dispose() }
}

if (-not $OnlyFunctions) {
  Invoke-Script 'Invoke-Dump'
  exit $exitCode
}
