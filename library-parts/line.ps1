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
