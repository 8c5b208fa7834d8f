<#
Lists what starts by itself on a Windows machine, as rows: values of the registry, startup folders,
services, scheduled tasks, consumers of WMI.

  Get-Autostart.ps1 -Output C:\ProgramData\lrq\autostarts.ndjson.gz
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

# Keys, and the names of the values that start something; * is each value.
$windows = 'HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Windows\CurrentVersion'
$nt = 'HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Windows NT\CurrentVersion'
$wow = 'HKEY_LOCAL_MACHINE\SOFTWARE\WOW6432Node\Microsoft\Windows\CurrentVersion'
$user = 'HKEY_USERS\*\SOFTWARE\Microsoft\Windows\CurrentVersion'
$userNt = 'HKEY_USERS\*\SOFTWARE\Microsoft\Windows NT\CurrentVersion'
$control = 'HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Control'
$places = @(
  @{ keys = "$windows\Run"; names = '*' }, @{ keys = "$windows\RunOnce\**"; names = '*' }
  @{ keys = "$windows\Policies\Explorer\Run"; names = '*' }
  @{ keys = "$wow\Run"; names = '*' }, @{ keys = "$wow\RunOnce\**"; names = '*' }
  @{ keys = "$user\Run"; names = '*' }, @{ keys = "$user\RunOnce\**"; names = '*' }
  @{ keys = "$user\Policies\Explorer\Run"; names = '*' }
  @{ keys = "$userNt\Windows"; names = 'Load', 'Run' }
  @{ keys = "$userNt\Winlogon"; names = @('Shell') }
  @{ keys = 'HKEY_USERS\*\Environment'; names = @('UserInitMprLogonScript') }
  @{ keys = "$nt\Winlogon"; names = 'Shell', 'Userinit', 'Taskman', 'VmApplet' }
  @{ keys = "$nt\Windows"; names = @('AppInit_DLLs') }
  @{ keys = "$nt\Image File Execution Options\**"; names = @('Debugger') }
  @{ keys = "$nt\SilentProcessExit\**"; names = @('MonitorProcess') }
  @{ keys = 'HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Active Setup\Installed Components\**'
    names = @('StubPath')
  }
  @{ keys = "$control\Session Manager"; names = @('BootExecute') }
  @{ keys = "$control\Session Manager\AppCertDlls"; names = '*' }
  @{ keys = "$control\Lsa"
    names = 'Authentication Packages', 'Notification Packages', 'Security Packages'
  }
  @{ keys = "$control\Print\Monitors\**"; names = @('Driver') }
)
$startup = 'Microsoft\Windows\Start Menu\Programs\Startup\*'
$folders = @("%ProgramData%\$startup", "%SystemDrive%\Users\*\AppData\Roaming\$startup")

function Invoke-List {
  Open-Rows
  foreach ($place in $places) { Add-RegistryPlace $place }
  foreach ($folder in $folders) {
    foreach ($file in Find-File ([Environment]::ExpandEnvironmentVariables($folder))) {
      Add-StartupFile $file
    }
  }
  Add-Service
  Add-Task
  Add-Consumer
  Complete-Rows
}

function Add-RegistryPlace($Place) {
  if (-not (Test-TimeLeft)) { Skip 'no time was left' $Place.keys; return }
  try { $values = @(Get-RegistryValue $Place.keys) } catch { Skip (Get-Reason $_) $Place.keys; return }
  foreach ($value in $values) {
    if ($Place.names -ne '*' -and $Place.names -notcontains $value.name) { continue }
    $data = (@($value.value) -join ' ').Trim()
    if ($data -eq '') { continue }
    $owner = ''
    if ($value.key -match '^HKEY_USERS\\([^\\]+)') { $owner = $Matches[1] }
    Add-Work 'registry' $value.key $value.name $owner '' $data
  }
}

function Add-StartupFile([IO.FileInfo]$File) {
  if ($File.Name -eq 'desktop.ini') { return }
  $owner = ''
  if ($File.FullName -match '[\\/]Users[\\/]([^\\/]+)[\\/]') { $owner = $Matches[1] }
  $target = @{ path = $File.FullName; arguments = '' }
  if ($File.Extension -eq '.lnk') {
    try { $target = Get-LinkTarget $File.FullName } catch { Skip (Get-Reason $_) $File.FullName }
  }
  $command = "$($target.path) $($target.arguments)".Trim()
  Add-Work 'startup-folder' $File.DirectoryName $File.Name $owner '' $command $target.path
}

# Most services are in a library that svchost loads. Those of a user have another ending each time.
function Add-Service {
  $root = 'HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Services'
  $libraries = @{}
  try {
    foreach ($value in Get-RegistryValue "$root\*\Parameters") {
      if ($value.name -eq 'ServiceDll') { $libraries[($value.key -split '\\')[-2]] = $value.value }
    }
  } catch { Skip (Get-Reason $_) 'libraries of services' }
  foreach ($service in Find-Object 'root/cimv2' 'Win32_Service' "StartMode='Auto'") {
    $name = $service.Name -replace '_[0-9a-f]{4,8}\z', '_*'
    $program = $null
    $library = $libraries[$service.Name]
    if ($null -eq $library) { $library = $libraries[($name -replace '_\*\z', '')] }
    if ($library) { $program = [Environment]::ExpandEnvironmentVariables($library) }
    Add-Work 'service' "$root\$name" $name $service.StartName '' $service.PathName $program
  }
}

function Add-Consumer {
  $place = 'root/subscription'
  foreach ($each in Find-Object $place 'CommandLineEventConsumer') {
    $command = "$($each.ExecutablePath) $($each.CommandLineTemplate)".Trim()
    Add-Work 'wmi' $place $each.Name '' '' $command
  }
  foreach ($each in Find-Object $place 'ActiveScriptEventConsumer') {
    $file = "$($each.ScriptFileName)"
    Add-Work 'wmi' $place $each.Name '' '' "$file $($each.ScriptText)".Trim() $file
  }
}

#: line.ps1
#: rows.ps1
#: work.ps1
#: find-file.ps1
#: detail.ps1
#: windows.ps1
# Where a shortcut leads.
function Get-LinkTarget([string]$Path) {
  $shell = [Activator]::CreateInstance([type]::GetTypeFromProgID('WScript.Shell'))
  $link = $shell.CreateShortcut($Path)
  @{ path = $link.TargetPath; arguments = $link.Arguments }
}

if (-not $OnlyFunctions) {
  Invoke-Script 'Invoke-List'
  exit $exitCode
}
