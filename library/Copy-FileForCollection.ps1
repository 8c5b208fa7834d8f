<#
Puts a file, or all files of a folder, into an archive that live response can fetch: also files that
it cannot fetch itself, because they are locked, sparse, empty or links.

  Copy-FileForCollection.ps1 -Path QzpcVXNlcnNcYQ -Output C:\ProgramData\lrq\file.zip
    -Path             base64url of the full path in UTF-8, so that any character may be in it
    [-Megabytes 2900] takes no more than that, before compression; live response fetches 3 GB
    [-Seconds 420]    begins nothing more after that; live response ends a script at ten minutes
    [-OnlyFunctions]  does nothing, for tests that load the functions

It prints one line, a JSON object that says what happened, and leaves only the archive. SHA256SUMS
in it is about every file in it, files.jsonl about the files of the disk, and not-taken.txt says
what is missing, and why. If it could take nothing, it fails. For Windows PowerShell 5.1 and
PowerShell 7.
#>
param(
  [string]$Path = '', [string]$Output = '', [string]$Megabytes = '2900',
  [string]$Seconds = '420', [switch]$OnlyFunctions,
  [Parameter(ValueFromRemainingArguments = $true)][string[]]$Rest = @()
)
Set-StrictMode -Version 1.0
$ErrorActionPreference = 'Stop'
Add-Type -AssemblyName System.IO.Compression

function Invoke-Copy {
  $wanted = ConvertFrom-Base64Url $Path
  if ($wanted -notmatch '^([A-Za-z]:[\\/]|/)') { throw '-Path is base64url of a full path' }
  $isFolder = [IO.Directory]::Exists($wanted)
  if (-not $isFolder -and -not [IO.File]::Exists($wanted)) { throw "there is no $wanted" }
  Open-Archive
  if ($isFolder) {
    $below = [WildcardPattern]::Escape($wanted.TrimEnd('\', '/')) + '/**/*'
    $lines = foreach ($found in Find-File $below) {
      # Not what is made here meanwhile.
      if (-not $found.FullName.StartsWith($archive.work)) { Add-File $found 2900 }
    }
  } else {
    $lines = @(Add-File (New-Object IO.FileInfo $wanted) 2900 -Through)
  }
  if (-not $lines -and $archive.missed.Count -gt 0) {
    throw "nothing of $wanted could be taken: $(Get-FirstMiss)"
  }
  Add-Text 'files.jsonl' $lines
  Complete-Archive ([ordered]@{ taken = @($lines).Count; asAdministrator = Test-Administrator })
}

function Remove-Traces {
  Remove-Shadows
}

function ConvertFrom-Base64Url([string]$Text) {
  if ($Text -notmatch '^[A-Za-z0-9_-]+\z') { throw '-Path is base64url of a full path' }
  $padded = $Text.Replace('-', '+').Replace('_', '/') + '=' * ((4 - $Text.Length % 4) % 4)
  [Text.Encoding]::UTF8.GetString([Convert]::FromBase64String($padded))
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

# ---- Files of the disk, also those that a program has locked.

# Takes a file, and says what its folder knows of it. To read a link, or a file that is kept online
# and not here, might download it. With -Through it reads a link.
function Add-File([IO.FileInfo]$File, [int]$Most, [switch]$Through) {
  $path = $File.FullName
  $size = [Math]::Ceiling($File.Length / 1KB)
  if (-not (Test-TimeLeft)) { Skip 'no time was left' $path; return }
  $strange = 0x441400
  if ($Through) { $strange = 0x441000 }
  if ([int]$File.Attributes -band $strange) { Skip 'a link, or kept elsewhere' $path; return }
  if ($File.Length -gt $Most * 1MB) { Skip "it has $size KiB, more than $Most MiB" $path; return }
  if ($File.Length -gt $archive.left) { Skip "no room was left: $size KiB" $path; return }
  try { $stream = Open-Locked $path } catch { Skip (Get-Reason $_) $path; return }
  try { $entry = Add-Entry (Get-EntryName $path) $stream $path } finally { $stream.Dispose() }
  ConvertTo-Line ([ordered]@{
      entry = $entry; path = $path; bytes = $File.Length
      created = $File.CreationTimeUtc.ToString('o'); written = $File.LastWriteTimeUtc.ToString('o')
    })
}

# What Windows or an archive cannot name becomes % and four digits.
function Get-EntryName([string]$Path) {
  $strange = '[\x00-\x1f\x7f%:*?"<>|]|[\ud800-\udbff](?![\udc00-\udfff])|' +
    '(?<![\ud800-\udbff])[\udc00-\udfff]|[. ]$'
  $parts = $Path -replace '^([A-Za-z]):', '$1' -split '[\\/]' -ne '' | ForEach-Object {
    [regex]::Replace($_, $strange, { param($found) '%{0:x4}' -f [int][char]$found.Value })
  }
  'files/' + ($parts -join '/')
}

# Also what others have open, and may write or remove meanwhile.
function Open-Shared([string]$Path) {
  New-Object IO.FileStream $Path, 'Open', 'Read', 'ReadWrite, Delete'
}

# A file that a program has locked is read from a shadow copy of its volume, made once.
function Open-Locked([string]$Path) {
  try { return Open-Shared $Path }
  catch [IO.FileNotFoundException] { throw }
  catch [IO.IOException] { }
  $volume = [IO.Path]::GetPathRoot($Path)
  if (-not $shadows.ContainsKey($volume)) {
    try { $shadows[$volume] = New-Shadow $volume }
    catch { $shadows[$volume] = @{ why = Get-Reason $_ } }
  }
  $shadow = $shadows[$volume]
  if ($shadow.why) { throw "it is locked, and $($shadow.why)" }
  Open-Shared ([IO.Path]::Combine($shadow.link, $Path.Substring($volume.Length)))
}

function Remove-Shadows {
  foreach ($shadow in $shadows.Values) { if ($shadow.link) { Remove-Shadow $shadow } }
}

# Only Windows has these two. Tests replace them. .NET before 5 opens no path that begins with \\?\,
# so a link in the folder of the work leads to it.
function New-Shadow([string]$Volume) {
  $asked = @{ Volume = $Volume; Context = 'ClientAccessible' }
  $made = Invoke-CimMethod -ClassName Win32_ShadowCopy -MethodName Create -Arguments $asked
  if ($made.ReturnValue -ne 0) {
    throw "Windows makes no shadow copy of ${Volume}: it says $($made.ReturnValue)"
  }
  $copy = Get-CimInstance -ClassName Win32_ShadowCopy -Filter "ID='$($made.ShadowID)'"
  $link = [IO.Path]::Combine($archive.work, 'shadow-' + $Volume[0])
  [void](& "$env:SystemRoot\System32\cmd.exe" /c mklink /d $link "$($copy.DeviceObject)\")
  @{ link = $link; copy = $copy }
}

function Remove-Shadow($Shadow) {
  Remove-CimInstance -InputObject $Shadow.copy
  [IO.Directory]::Delete($Shadow.link)
}

$shadows = @{}

# The files of a pattern. * is any name, ** stands for any folders or none. It follows no links.
function Find-File([string]$Pattern) {
  $parts = $Pattern -split '[\\/]'
  $top = New-Object IO.DirectoryInfo ($parts[0] + [IO.Path]::DirectorySeparatorChar)
  $waiting = New-Object Collections.Stack
  $waiting.Push(@($top, 1))
  while ($waiting.Count -gt 0) {
    $folder, $at = $waiting.Pop()
    $isDeep = $parts[$at] -eq '**'
    $next = $at + 1 + [int]$isDeep
    try { $children = $folder.GetFileSystemInfos() }
    catch { Skip (Get-Reason $_) $folder.FullName; continue }
    foreach ($child in $children) {
      $isFolder = $child -is [IO.DirectoryInfo]
      if ($isFolder -and ([int]$child.Attributes -band 0x400)) { continue }
      if ($isDeep -and $isFolder) { $waiting.Push(@($child, $at)) }
      if ($child.Name -notlike $parts[$next - 1]) { continue }
      if ($next -eq $parts.Count -and -not $isFolder) { $child }
      if ($next -lt $parts.Count -and $isFolder) { $waiting.Push(@($child, $next)) }
    }
  }
}

if (-not $OnlyFunctions) {
  Invoke-Script 'Invoke-Copy'
  exit $exitCode
}
