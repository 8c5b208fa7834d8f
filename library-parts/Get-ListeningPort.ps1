<#
Lists the ports on which a Windows machine listens, each with its process, as rows.

  Get-ListeningPort.ps1 -Output C:\ProgramData\lrq\listening-ports.ndjson.gz
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
  $processes = @{}
  foreach ($each in Find-Object 'root/cimv2' 'Win32_Process') {
    $processes[[int]$each.ProcessId] = $each
  }
  $services = @{}
  foreach ($each in Find-Object 'root/cimv2' 'Win32_Service' "State='Running'") {
    $id = [int]$each.ProcessId
    $services[$id] = @($services[$id]) + ($each.Name -replace '_[0-9a-f]{4,8}\z', '_*')
  }
  # 2 is a socket that listens.
  foreach ($each in Find-Object 'root/StandardCimv2' 'MSFT_NetTCPConnection' 'State=2') {
    Add-Socket 'tcp' $each $processes $services
  }
  foreach ($each in Find-Object 'root/StandardCimv2' 'MSFT_NetUDPEndpoint') {
    Add-Socket 'udp' $each $processes $services
  }
  Complete-Rows
}

function Add-Socket([string]$Protocol, $Socket, $Processes, $Services) {
  $id = [int]$Socket.OwningProcess
  $process = $Processes[$id]
  $path = "$($process.ExecutablePath)"
  $detail = Get-Detail $path
  $names = @($Services[$id] | Where-Object { $_ } | Sort-Object) -join ' '
  Add-Row ([ordered]@{
      protocol = $Protocol; address = "$($Socket.LocalAddress)"; port = [int]$Socket.LocalPort
      path = $path; process = "$($process.Name)"; services = $names
      command = "$($process.CommandLine)"; pid = $id; signer = $detail.signer
      signed = $detail.signed; sha256 = $detail.sha256; written = $detail.written
    })
}

#: line.ps1
#: rows.ps1
#: detail.ps1
#: windows.ps1
if (-not $OnlyFunctions) {
  Invoke-Script 'Invoke-List'
  exit $exitCode
}
