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

#: line.ps1
#: archive.ps1
#: disk.ps1
#: find-file.ps1
if (-not $OnlyFunctions) {
  Invoke-Script 'Invoke-Copy'
  exit $exitCode
}
