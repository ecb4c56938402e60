// Whether KVM really runs guests here: a real-mode guest of a few bytes is booted with it. On some
// hosts /dev/kvm opens and guests hang without a word.
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>

#include "base/error.hpp"
#include "base/scope_exit.hpp"
#include "nova/drivers/hypervisor/qemu/qemu.hpp"
#include "platform/process.hpp"

namespace nova::drivers {
namespace {

constexpr int kSignOfLife = 33;  // isa-debug-exit turns the byte 16 into this exit code

// A boot sector that enters long mode's antechamber, protected mode, where broken set-ups hang, and
// writes to the debug-exit port from there.
std::array<char, 512> boot_sector() {
  constexpr std::array<unsigned char, 62> kCode{
      0xFA,                                         // cli
      0x31, 0xC0, 0x8E, 0xD8,                       // xor ax,ax; mov ds,ax
      0x0F, 0x01, 0x16, 0x38, 0x7C,                 // lgdt [0x7c38]
      0x0F, 0x20, 0xC0, 0x0C, 0x01,                 // mov eax,cr0; or al,1
      0x0F, 0x22, 0xC0,                             // mov cr0,eax
      0xEA, 0x17, 0x7C, 0x08, 0x00,                 // jmp 0x08:0x7c17
      0xB0, 0x10,                                   // 32 bit: mov al,16
      0x66, 0xBA, 0xF4, 0x00,                       // mov dx,0xf4
      0xEE,                                         // out dx,al
      0xF4,                                         // hlt
      0xEB, 0xFD,                                   // jmp to hlt
      0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90,     // padding to 0x28
      0,    0,    0,    0,    0,    0,    0,    0,  // GDT at 0x7c28: null descriptor
      0xFF, 0xFF, 0,    0,    0,    0x9A, 0xCF, 0,  // flat 32-bit code
      0x0F, 0x00, 0x28, 0x7C, 0,    0,              // GDTR at 0x7c38: limit 15, base 0x7c28
  };
  std::array<char, 512> sector{};
  for (size_t i = 0; i < kCode.size(); ++i) sector[i] = static_cast<char>(kCode[i]);
  sector[510] = static_cast<char>(0x55);
  sector[511] = static_cast<char>(0xAA);
  return sector;
}

KvmProbe without_kvm(std::string why) {
  return {"qemu",
          {platform::Severity::warning, "kvm",
           why + ": guests run with TCG (software emulation), many times slower",
           "use a host whose KVM works, or accept the speed"}};
}

}  // namespace

KvmProbe probe_kvm(const std::string& program, platform::Runtime runtime) {
  if (::access("/dev/kvm", R_OK | W_OK) != 0) return without_kvm("there is no usable /dev/kvm");
  const std::string file =
      (std::filesystem::temp_directory_path() / ("nephele-probe-" + runtime.random.uuid()))
          .string();
  const auto sector = boot_sector();
  const base::ScopeExit remove_file([&] { std::filesystem::remove(file); });
  std::ofstream(file, std::ios::binary).write(sector.data(), sector.size());
  KvmProbe result = without_kvm("a probe guest did not run with KVM");
  try {
    platform::ProcessOptions options;
    options.timeout = std::chrono::seconds{3};
    const auto probe = platform::run_process(
        {program, "-accel", "kvm", "-cpu", "host", "-machine", "pc-q35-7.2", "-m", "16",
         "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot", "-drive",
         "file=" + file + ",format=raw,if=ide,read-only=off", "-device",
         "isa-debug-exit,iobase=0xf4,iosize=0x04"},
        options);
    if (probe.exit_code == kSignOfLife)
      result = {"kvm", {platform::Severity::ok, "kvm", "a probe guest ran with it", ""}};
  } catch (const base::Error& error) {
    if (error.kind() == base::ErrorKind::unavailable) throw;
    // No sign of life in time: without KVM it is.
  }
  return result;
}

}  // namespace nova::drivers
