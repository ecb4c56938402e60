// Key pairs for ssh, in the files that ssh reads.
#pragma once

#include <string>

namespace platform {

struct SshKeyPair {
  std::string private_key;  // PEM, "-----BEGIN RSA PRIVATE KEY-----"
  std::string public_key;   // "ssh-rsa AAAA..."
};
// RSA 2048, from the kernel's randomness. Costs about 0.1 s of CPU.
[[nodiscard]] SshKeyPair make_ssh_key_pair();

}  // namespace platform
