#include "nova/drivers/hypervisor/qemu/command_line.hpp"

#include <fmt/core.h>

#include "base/json.hpp"
#include "base/text.hpp"
#include "nova/drivers/hypervisor/qemu/disk_nodes.hpp"

namespace nova::drivers {
namespace {

// Ports for disks and interfaces that are plugged in later: q35 can not make them then.
constexpr int kFreePorts = 8;

// In QEMU's option texts a comma is written twice.
std::string option(const std::string& text) { return base::replace_all(text, ",", ",,"); }

void add_local_disk(std::vector<std::string>& arguments, const GuestDisk& disk, size_t index) {
  std::string device =
      disk.is_cdrom
          ? fmt::format("ide-cd,drive=disk{0},id=cdrom{0},bus=ide.{0}", index)
          : fmt::format("virtio-blk-pci,drive=disk{0},id=virtio-disk{0},bus=port{0}", index);
  if (index == 0) device += ",bootindex=1";
  arguments.insert(arguments.end(),
                   {"-blockdev", base::to_text(block_node(disk, local_disk_node(index))), "-device",
                    std::move(device)});
}

// As it is plugged into a guest that runs.
void add_volume(std::vector<std::string>& arguments, const GuestDisk& disk, const GuestFiles& files,
                size_t index) {
  base::Json device = volume_device_arguments(disk, fmt::format("port{}", index));
  if (index == 0) device.as_object()["bootindex"] = 1;
  if (has_secret(disk))
    arguments.insert(arguments.end(), {"-object", base::to_text(secret_object(files, disk))});
  arguments.insert(arguments.end(),
                   {"-blockdev", base::to_text(block_node(disk, volume_node(disk.serial))),
                    "-device", base::to_text(device)});
}

void add_kernel(std::vector<std::string>& arguments, const GuestKernel& kernel) {
  arguments.insert(arguments.end(), {"-kernel", kernel.path, "-append", kernel.arguments});
  if (!kernel.ramdisk.empty()) arguments.insert(arguments.end(), {"-initrd", kernel.ramdisk});
}

void add_interface(std::vector<std::string>& arguments, const GuestInterface& interface,
                   size_t index, size_t port) {
  arguments.insert(
      arguments.end(),
      {"-netdev",
       fmt::format("tap,id=net{},ifname={},script=no,downscript=no,vhost=off", index,
                   option(interface.tap)),
       "-device",
       fmt::format("virtio-net-pci,netdev=net{0},id=virtio-net{0},mac={1},romfile=,bus=port{2}",
                   index, option(interface.mac_address), port)});
}

}  // namespace

std::vector<std::string> qemu_arguments(const std::string& program, const std::string& virt_type,
                                        const GuestDefinition& guest, const GuestFiles& files) {
  const bool kvm = virt_type == "kvm";
  std::vector<std::string> arguments{
      program,
      "-name",
      "guest=" + option(guest.name),
      "-uuid",
      guest.id,
      // A versioned type: both ends of a migration must agree, also after an upgrade of QEMU.
      "-machine",
      "pc-q35-7.2",
      "-accel",
      kvm ? "kvm" : "tcg,thread=multi,tb-size=64",
      "-cpu",
      kvm ? "host" : "qemu64",
      "-m",
      fmt::format("{}", guest.memory_mib),
      "-smp",
      fmt::format("{}", guest.vcpus),
      // It goes on once its disks are limited.
      "-S",
      "-nodefaults",
      "-no-user-config",
      "-display",
      "none",
      "-sandbox",
      "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny",
      "-pidfile",
      files.pid(),
      "-qmp",
      fmt::format("unix:{},server=on,wait=off", option(files.qmp())),
      "-chardev",
      fmt::format("file,id=console,append=on,path={}", option(files.console())),
      "-serial",
      "chardev:console",
      "-device",
      "virtio-rng-pci",
  };
  const size_t devices = guest.disks.size() + guest.interfaces.size();
  for (size_t port = 0; port < devices + kFreePorts; ++port)
    arguments.insert(
        arguments.end(),
        {"-device", fmt::format("pcie-root-port,id=port{0},chassis={1},slot={1}", port, port + 1)});
  if (guest.kernel) add_kernel(arguments, *guest.kernel);
  for (size_t i = 0; i < guest.disks.size(); ++i)
    guest.disks[i].serial.empty() ? add_local_disk(arguments, guest.disks[i], i)
                                  : add_volume(arguments, guest.disks[i], files, i);
  for (size_t i = 0; i < guest.interfaces.size(); ++i)
    add_interface(arguments, guest.interfaces[i], i, guest.disks.size() + i);
  return arguments;
}

}  // namespace nova::drivers
