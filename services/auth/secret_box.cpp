#include "services/auth/secret_box.hpp"

#include "platform/core/encoding.hpp"

#include <openssl/evp.h>

#include <array>
#include <memory>
#include <stdexcept>

namespace darkroom::accounts {

namespace {

constexpr std::size_t key_bytes = 32;
constexpr std::size_t nonce_bytes = 12;
constexpr std::size_t tag_bytes = 16;

struct ContextDeleter {
    void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using Context = std::unique_ptr<EVP_CIPHER_CTX, ContextDeleter>;

unsigned char* room_in(std::string& text) {
    return static_cast<unsigned char*>(static_cast<void*>(text.data()));
}

std::string decoded_key(std::string_view text) {
    while (text.ends_with('\n') || text.ends_with('\r')) text.remove_suffix(1);
    return base64_decode(text).value_or("");
}

}  // namespace

SecretBox::SecretBox(const Secret& key) : key_(decoded_key(key.reveal())) {
    if (key_.reveal().size() != key_bytes) throw std::runtime_error("the encryption key is not 32 bytes in base64");
}

std::string SecretBox::seal(std::string_view plain, std::string_view bound_to) const {
    std::array<unsigned char, nonce_bytes> nonce{};
    random_bytes(nonce);
    std::string cipher(plain.size(), '\0');
    std::string tag(tag_bytes, '\0');
    int size = 0;
    const Context context(EVP_CIPHER_CTX_new());
    const bool sealed =
        EVP_EncryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, bytes_of(key_.reveal()), nonce.data()) == 1 &&
        EVP_EncryptUpdate(context.get(), nullptr, &size, bytes_of(bound_to), static_cast<int>(bound_to.size())) == 1 &&
        EVP_EncryptUpdate(context.get(), room_in(cipher), &size, bytes_of(plain), static_cast<int>(plain.size())) == 1 &&
        EVP_EncryptFinal_ex(context.get(), room_in(cipher) + size, &size) == 1 &&
        EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_GET_TAG, tag_bytes, tag.data()) == 1;
    if (!sealed) throw std::runtime_error("sealing failed");
    return base64url_encode(std::string(nonce.begin(), nonce.end()) + cipher + tag);
}

std::optional<Secret> SecretBox::open(std::string_view sealed, std::string_view bound_to) const {
    auto bytes = base64url_decode(sealed).value_or("");
    if (bytes.size() < nonce_bytes + tag_bytes) return std::nullopt;
    const auto nonce = bytes.substr(0, nonce_bytes);
    auto tag = bytes.substr(bytes.size() - tag_bytes);
    const auto cipher = bytes.substr(nonce_bytes, bytes.size() - nonce_bytes - tag_bytes);
    std::string plain(cipher.size(), '\0');
    int size = 0;
    const Context context(EVP_CIPHER_CTX_new());
    const bool opened =
        EVP_DecryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, bytes_of(key_.reveal()), bytes_of(nonce)) == 1 &&
        EVP_DecryptUpdate(context.get(), nullptr, &size, bytes_of(bound_to), static_cast<int>(bound_to.size())) == 1 &&
        EVP_DecryptUpdate(context.get(), room_in(plain), &size, bytes_of(cipher), static_cast<int>(cipher.size())) == 1 &&
        EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_SET_TAG, tag_bytes, tag.data()) == 1 &&
        EVP_DecryptFinal_ex(context.get(), room_in(plain) + size, &size) == 1;
    if (!opened) return std::nullopt;
    return Secret(std::move(plain));
}

}  // namespace darkroom::accounts
