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

# ---- The line that says what happened, and the folder for what is not ready.

# Says one line, whatever happens, and leaves the exit code that goes with it.
function Invoke-Script([string]$Main) {
  $script:archive = @{ work = '' }
  $script:exitCode = 0
  try {
    # Live response would take what an earlier time left for what is of this time.
    Remove-Earlier
    if ($Rest) { throw "it does not know the argument $($Rest[0])" }
    $line = ConvertTo-Line (& $Main)
  } catch {
    $script:exitCode = 1
    $line = ConvertTo-Line ([ordered]@{ ok = $false; error = Get-Reason $_ })
  }
  try { Remove-Traces } catch { }
  try { Remove-Work } catch { }
  $line
}

function Read-Number([string]$Name, [string]$Value, [int]$Least, [int]$Most) {
  if ($Value -match '^[0-9]{1,4}\z' -and [int]$Value -ge $Least -and [int]$Value -le $Most) {
    return [int]$Value
  }
  throw "-$Name is $Least to $Most"
}

# Live response ends a script at ten minutes. What is not ready is in a folder beside -Output.
function Open-Work([string]$What) {
  $archive.seconds = Read-Number 'Seconds' $Seconds 1 480
  $archive.since = [Diagnostics.Stopwatch]::StartNew()
  if ($Output -notmatch '^([A-Za-z]:[\\/]|/).*[^\\/]\z') {
    throw "-Output is the full path of the $What"
  }
  if ([IO.Directory]::Exists($Output)) { throw '-Output is a folder' }
  $folder = [IO.Path]::GetDirectoryName($Output)
  $work = [IO.Path]::Combine($folder, '.lrq-' + [Guid]::NewGuid().ToString('N'))
  try {
    [void][IO.Directory]::CreateDirectory($folder)
    if ([IO.Path]::GetFileName($folder) -eq 'lrq') { Protect-Folder $folder }
    [void][IO.Directory]::CreateDirectory($work)
    $archive.work = $work
  } catch { throw "cannot write in ${folder}: $(Get-Reason $_)" }
}

function Test-TimeLeft {
  $archive.since.Elapsed.TotalSeconds -lt $archive.seconds
}

function Get-Reason($Problem) {
  $Problem.Exception.GetBaseException().Message
}

function Remove-Work {
  if ($archive.file) { try { $archive.file.Dispose() } catch { } }
  if ($archive.work) { [IO.Directory]::Delete($archive.work, $true) }
}

function ConvertTo-Hex([byte[]]$Bytes) {
  [BitConverter]::ToString($Bytes).Replace('-', '').ToLowerInvariant()
}

# One line of ASCII, for nobody knows the code page of a machine.
function ConvertTo-Line($Value) {
  $line = ConvertTo-Json -InputObject $Value -Compress -Depth 6
  [regex]::Replace($line, '[^\x20-\x7e]', { param($found) '\u{0:x4}' -f [int][char]$found.Value })
}

# Only Windows has these two. Tests replace them.
function Test-Administrator {
  $me = [Security.Principal.WindowsIdentity]::GetCurrent()
  $administrators = [Security.Principal.WindowsBuiltInRole]::Administrator
  (New-Object Security.Principal.WindowsPrincipal $me).IsInRole($administrators)
}

# Anybody may make a folder in ProgramData. This one is for the system and for administrators.
function Protect-Folder([string]$Folder) {
  $icacls = "$env:SystemRoot\System32\icacls.exe"
  $all = '(OI)(CI)F'
  [void](& $icacls $Folder /setowner '*S-1-5-32-544')
  [void](& $icacls $Folder /inheritance:r /grant:r "*S-1-5-18:$all" "*S-1-5-32-544:$all")
  if ($LASTEXITCODE -ne 0) { throw "icacls ended with $LASTEXITCODE" }
}

# ---- The archive: a zip with the hash of every file.

function Remove-Earlier {
  if ([IO.File]::Exists($Output)) { [IO.File]::Delete($Output) }
}

# Live response fetches 3 GB.
function Open-Archive {
  $archive.left = [long](Read-Number 'Megabytes' $Megabytes 1 2900) * 1MB
  Open-Work 'archive'
  $archive.file = [IO.File]::Open([IO.Path]::Combine($archive.work, 'archive'), 'CreateNew')
  $archive.zip = New-Object IO.Compression.ZipArchive $archive.file, 'Create', $true
  $archive.sums = New-Object Collections.ArrayList
  $archive.missed = New-Object Collections.ArrayList
  # Windows may unpack it, where a and A are one name.
  $ignoringCase = [StringComparer]::OrdinalIgnoreCase
  $archive.names = New-Object 'Collections.Generic.HashSet[string]' $ignoringCase
}

# Skip WHY WHAT: a line of not-taken.txt.
function Skip([string]$Why, [string]$What) {
  $words = @($Why, $What) -replace '[\x00-\x1f\x7f]', '?'
  [void]$archive.missed.Add($words -join "`t")
}

function Get-FirstMiss {
  "$($archive.missed[0])" -replace "`t.*", ''
}

function Add-Text([string]$Name, $Lines) {
  $text = -join ($Lines | ForEach-Object { "$_`n" })
  $stream = New-Object IO.MemoryStream (, [Text.Encoding]::UTF8.GetBytes($text))
  [void](Add-Entry $Name $stream $Name)
}

# Copies a stream while there is room and time, and gives the name it has in the archive. What was
# read before an error stays. If the archive itself cannot be written, nothing can go on.
function Add-Entry([string]$Wanted, [IO.Stream]$From, [string]$What) {
  $name = $Wanted
  for ($at = 2; -not $archive.names.Add($name); $at++) { $name = "$Wanted~$at" }
  $into = $archive.zip.CreateEntry($name, 'Fastest').Open()
  $hash = [Security.Cryptography.SHA256]::Create()
  $buffer = New-Object byte[] 1MB
  $reason = ''
  try {
    while ($reason -eq '') {
      try { $count = $From.Read($buffer, 0, $buffer.Length) }
      catch { $reason = Get-Reason $_; break }
      if ($count -eq 0) { break }
      if (-not (Test-TimeLeft)) { $reason = 'no time was left' }
      if ($count -gt $archive.left) { $reason = 'no room was left'; $count = [int]$archive.left }
      $into.Write($buffer, 0, $count)
      [void]$hash.TransformBlock($buffer, 0, $count, $null, 0)
      $archive.left -= $count
    }
  } finally { $into.Dispose() }
  [void]$hash.TransformFinalBlock($buffer, 0, 0)
  [void]$archive.sums.Add("$(ConvertTo-Hex $hash.Hash)  $name")
  if ($reason -ne '') { Skip "only its beginning is here: $reason" $What }
  $name
}

# Ends the archive, for which there is always room and time, puts it in its place, and says so.
function Complete-Archive($More) {
  $archive.left = 100MB
  $archive.seconds = 540
  $notTaken = $archive.missed.Count
  Add-Text 'not-taken.txt' $archive.missed
  Add-Text 'SHA256SUMS' $archive.sums
  $archive.zip.Dispose()
  $archive.file.Position = 0
  $sha256 = ConvertTo-Hex ([Security.Cryptography.SHA256]::Create().ComputeHash($archive.file))
  $bytes = $archive.file.Length
  $archive.file.Dispose()
  [IO.File]::Move([IO.Path]::Combine($archive.work, 'archive'), $Output)
  $said = [ordered]@{ ok = $true; archive = $Output; bytes = $bytes; sha256 = $sha256 }
  $said.files = $archive.names.Count
  $said.notTaken = $notTaken
  foreach ($name in $More.Keys) { $said[$name] = $More[$name] }
  $said
}

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
