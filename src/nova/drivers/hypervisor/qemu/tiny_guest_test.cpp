#include <array>
#include <fstream>

#include "nova/drivers/hypervisor/qemu/tiny_guest.hpp"

namespace nova::drivers {
namespace {

// 16-bit code, loaded at 0x7c00. SeaBIOS has put ACPI's registers to port 0x600.
constexpr std::array<unsigned char, 87> kCode{
    0xFA, 0x31, 0xC0, 0x8E, 0xD8, 0x8E, 0xD0,  // cli; xor ax,ax; mov ds,ax; mov ss,ax
    0xBC, 0x00, 0x7C, 0xFC, 0xFB,              // mov sp,0x7c00; cld; sti
    0x8B, 0x0E, 0x57, 0x7C,                    // mov cx,[lines]
    0xBE, 0x5A, 0x7C, 0xE8, 0x29, 0x00,        // line: mov si,text; call say
    0xE2, 0xF8,                                // loop line
    0xBE, 0x6A, 0x7C, 0xE8, 0x21, 0x00,        // mov si,ready; call say
    0xBA, 0x02, 0x06, 0xB8, 0x00, 0x01, 0xEF,  // out 0x602,0x100: the power button counts
    0xF4,                                      // idle: hlt, until the timer ticks
    0xBA, 0x00, 0x06, 0xED,                    // in ax,0x600
    0xF6, 0xC4, 0x01, 0x74, 0xF6,              // test ah,1; jz idle: nobody pressed it
    0x80, 0x3E, 0x59, 0x7C, 0x00, 0x75, 0xEF,  // cmp byte [deaf],0; jne idle
    0xBA, 0x04, 0x06, 0xB8, 0x00, 0x20, 0xEF,  // out 0x604,0x2000: off
    0xEB, 0xE6,                                // jmp idle
    0xAC, 0x84, 0xC0, 0x74, 0x12, 0x88, 0xC4,  // say: lodsb; test al,al; jz said; mov ah,al
    0xBA, 0xFD, 0x03, 0xEC, 0xA8, 0x20,        // full: in al,0x3fd; test al,0x20
    0x74, 0xFB,                                // jz full
    0xBA, 0xF8, 0x03, 0x88, 0xE0, 0xEE,        // out 0x3f8,ah
    0xEB, 0xE9, 0xC3,                          // jmp say; said: ret
};
// Then the data: lines (16 bit), deaf (8 bit), text, ready.
constexpr std::string_view kLine{"a line of text\n", 16};
constexpr size_t kManyLines = 2 * kConsoleTail / kLine.size();
constexpr size_t kDiskSize = 1 << 20;

}  // namespace

void write_tiny_guest(const std::string& path, GuestKind kind) {
  const size_t lines = kind == GuestKind::talkative ? kManyLines : 1;
  std::string sector(kCode.begin(), kCode.end());
  sector += static_cast<char>(lines & 0xFF);
  sector += static_cast<char>(lines >> 8);
  sector += static_cast<char>(kind == GuestKind::deaf);
  sector += kLine;
  sector += std::string(kTinyGuestReady) + '\0';
  sector.resize(510);
  sector += "\x55\xAA";
  sector.resize(kDiskSize);
  std::ofstream(path, std::ios::binary) << sector;
}

}  // namespace nova::drivers
