<#
Lists what a Windows machine does at set times or after events, as rows: its scheduled tasks.

  Get-ScheduledWork.ps1 -Output C:\ProgramData\lrq\scheduled-work.ndjson.gz
    [-Kilobytes 1024] writes no more than that, before compression
    [-Seconds 240]    begins nothing more after that; live response ends a script at ten minutes
    [-OnlyFunctions]  does nothing, for tests that load the functions

It prints one line, a JSON object that says what happened, and leaves only the file. For Windows
PowerShell 5.1 and PowerShell 7.
#>
param(
  [string]$Output = '', [string]$Kilobytes = '1024', [string]$Seconds = '240',
  [switch]$OnlyFunctions,
  [Parameter(ValueFromRemainingArguments = $true)][string[]]$Rest = @()
)
Set-StrictMode -Version 1.0
$ErrorActionPreference = 'Stop'
Add-Type -AssemblyName System.IO.Compression

function Invoke-List {
  Open-Rows
  Add-Task
  Complete-Rows
}

#: line.ps1
#: rows.ps1
#: work.ps1
#: detail.ps1
#: windows.ps1
if (-not $OnlyFunctions) {
  Invoke-Script 'Invoke-List'
  exit $exitCode
}
